// Puts the rules of interception in place, takes them away, and says what is there: see installation.h.
#include "proxy/interception/installation.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "proxy/interception/program.h"
#include "proxy/interception/routing.h"
#include "proxy/interception/rule_parts.h"
#include "proxy/interception/tables.h"

namespace gabion::proxy::interception {
namespace {

constexpr std::string_view kRouting = "routing";
constexpr Backend kBackends[] = {Backend::kNft, Backend::kLegacy};

bool leads_by_tproxy(const NetSettings& settings) noexcept {
  return settings.layout != Layout::kSidecarRedirect;
}

Presence presence_of(const std::string& saved, const Rules& wanted) {
  const auto found = own_rules(saved);
  if (!has_own_chains(saved) && found.empty()) {
    return Presence::kAbsent;
  }
  return !wanted.empty() && same_rules(wanted, found) ? Presence::kAsAsked : Presence::kDiffers;
}

config::Error misread(Backend backend, Family family) {
  return {"what was read back is not what was written: somebody else changes the table", tool(backend, family, "save")};
}

/// nat is where rules of interception are looked for first.
std::string place_of(Backend backend, std::string_view table, Family family) {
  return table == "nat" ? fmt::format("{} ({})", name_of(family), name_of(backend))
                        : fmt::format("{} ({}, {})", name_of(family), name_of(backend), table);
}

/// Puts `wanted` in the place of what is ours there. False: it is as it should be already.
config::Result<bool> change_table(const Rules& wanted, Backend backend, std::string_view table, Family family) {
  const auto before = saved_rules(backend, table, family);
  if (before.has_error()) {
    return before.error();
  }
  const auto presence = presence_of(*before, wanted);
  if (presence == (wanted.empty() ? Presence::kAbsent : Presence::kAsAsked)) {
    return false;
  }
  if (const auto done = restore_rules(backend, family, change_text(table, wanted, *before)); done.has_error()) {
    return done.error();
  }
  const auto after = saved_rules(backend, table, family);
  if (after.has_error()) {
    return after.error();
  }
  if (presence_of(*after, wanted) != (wanted.empty() ? Presence::kAbsent : Presence::kAsAsked)) {
    return misread(backend, family);
  }
  return true;
}

/// A sentence; empty where nothing is wanted and nothing was.
config::Result<std::string> install_table(const NetSettings& settings, Backend backend, std::string_view table,
                                          Family family) {
  const auto wanted = rules_of(settings, table, family);
  const auto before = saved_rules(backend, table, family);
  const bool had_some = before && !own_rules(*before).empty();
  const auto changed = change_table(wanted, backend, table, family);
  if (changed.has_error()) {
    return changed.error();
  }
  const auto place = place_of(backend, table, family);
  if (!*changed) {
    return wanted.empty() ? std::string() : fmt::format("{}: already as asked", place);
  }
  return wanted.empty()
             ? fmt::format("{}: removed", place)
             : fmt::format("{}: {} rules {}", place, wanted.size(), had_some ? "in place of others" : "installed");
}

/// Of a table in which this back end may have nothing: then nothing is said.
config::Result<std::string> remove_table(Backend backend, std::string_view table, Family family) {
  if (saved_rules(backend, table, family).has_error()) {
    return std::string();  // tools that are not here put nothing here
  }
  const auto changed = change_table({}, backend, table, family);
  if (changed.has_error()) {
    return changed.error();
  }
  return *changed ? fmt::format("{}: removed", place_of(backend, table, family)) : std::string();
}

bool lo_has_ipv6() {
  std::ifstream file("/proc/sys/net/ipv6/conf/lo/disable_ipv6");
  char disabled = '1';
  file >> disabled;
  return disabled == '0';
}

std::vector<std::string> address_words(std::string_view verb) {
  return {"ip",  "-6", "address", std::string(verb), fmt::format("{}/128", application_source(Family::kV6)),
          "dev", "lo"};
}

/// Unlike 127.0.0.6, which is local as all of 127.0.0.0/8 is, ::6 must be given to lo.
config::Result<bool> has_source_address() {
  const auto shown = run_program({"ip", "-6", "-oneline", "address", "show", "dev", "lo"}, {});
  if (shown.has_error()) {
    return shown.error();
  }
  return shown->output.find(fmt::format(" {}/128 ", application_source(Family::kV6))) != std::string::npos;
}

config::Result<void> change_source_address(std::string_view verb) {
  const auto end = run_program(address_words(verb), {});
  if (end.has_error()) {
    return end.error();
  }
  return end->status == 0 ? config::Result<void>() : config::Result<void>(config::Error{end->errors, "ip address"});
}

config::Result<std::string> add_source_address() {
  if (!lo_has_ipv6()) {
    return std::string("lo: IPv6 is off, no ::6");
  }
  const auto there = has_source_address();
  if (there.has_error()) {
    return there.error();
  }
  if (*there) {
    return std::string("lo: has ::6 already");
  }
  const auto done = change_source_address("add");
  return done.has_error() ? config::Result<std::string>(done.error()) : std::string("lo: ::6 added");
}

config::Result<std::string> remove_source_address() {
  const auto there = has_source_address();
  if (there.has_error() || !*there) {
    return std::string();
  }
  const auto done = change_source_address("delete");
  return done.has_error() ? config::Result<std::string>(done.error()) : std::string("lo: ::6 removed");
}

/// Adds what `step` says, if it says anything. False: `error` is set.
bool note(const config::Result<std::string>& step, Steps& steps, std::optional<config::Error>& error) {
  if (step.has_error()) {
    error = step.error();
    return false;
  }
  if (!step->empty()) {
    steps.push_back(*step);
  }
  return true;
}

bool install_tables(const NetSettings& settings, Backend backend, Family family, Steps& steps,
                    std::optional<config::Error>& error) {
  // What is no longer wanted goes last: until then it leads to the proxy too.
  auto tables = kTables;
  std::stable_partition(tables.begin(), tables.end(),
                        [&](std::string_view table) { return !rules_of(settings, table, family).empty(); });
  return std::all_of(tables.begin(), tables.end(), [&](std::string_view table) {
    return note(install_table(settings, backend, table, family), steps, error);
  });
}

/// What the rules need goes before them, what says that they are there after them.
bool install_family(const NetSettings& settings, Backend backend, Family family, Steps& steps,
                    std::optional<config::Error>& error) {
  if (family == Family::kV6 && settings.layout != Layout::kGateway && !note(add_source_address(), steps, error)) {
    return false;
  }
  if (leads_by_tproxy(settings) && !note(install_routing(settings, family), steps, error)) {
    return false;
  }
  if (!install_tables(settings, backend, family, steps, error)) {
    (void)remove_notes(settings, family);  // of rules that were there; the error is that of the tables
    return false;
  }
  return note(leads_by_tproxy(settings) ? install_notes(settings, family) : remove_routing(settings, family), steps,
              error);
}

void look_at_tables(const NetSettings& settings, Backend backend, Family family, std::vector<Found>& all,
                    std::optional<config::Error>& error) {
  for (const auto table : kTables) {
    const auto saved = saved_rules(backend, table, family);
    if (saved.has_error()) {
      error = saved.error();
      return;
    }
    const auto wanted = rules_of(settings, table, family);
    const auto presence = presence_of(*saved, wanted);
    if (!wanted.empty() || presence != Presence::kAbsent) {
      all.push_back({name_of(backend), table, family, presence, own_rules(*saved)});
    }
  }
}

/// By REDIRECT nothing is wanted of it, and nothing is said.
void look_at_routing_too(const NetSettings& settings, Family family, std::vector<Found>& all) {
  const auto lines = look_at_routing(settings, family);
  if (!leads_by_tproxy(settings) || lines.has_error()) {
    return;
  }
  const auto presence = is_as_asked(settings, *lines) ? Presence::kAsAsked
                        : lines->empty()              ? Presence::kAbsent
                                                      : Presence::kDiffers;
  all.push_back({kRouting, {}, family, presence, *lines});
}

}  // namespace

std::vector<Family> families() {
  return has_ipv6() ? std::vector<Family>{Family::kV4, Family::kV6} : std::vector<Family>{Family::kV4};
}

config::Result<std::vector<Found>> look(const NetSettings& settings) {
  std::vector<Found> all;
  std::optional<config::Error> error;
  for (const auto backend : kBackends) {
    for (const auto family : families()) {
      look_at_tables(settings, backend, family, all, error);
    }
  }
  if (all.empty() && error) {
    return *error;
  }
  for (const auto family : families()) {
    look_at_routing_too(settings, family, all);
  }
  return all;
}

bool is_complete(const NetSettings& settings, const std::vector<Found>& all) {
  std::size_t as_asked = 0;
  for (const auto& found : all) {
    if (found.presence == Presence::kDiffers) {
      return false;
    }
    as_asked += found.presence == Presence::kAsAsked ? 1 : 0;
  }
  std::size_t wanted = leads_by_tproxy(settings) ? families().size() : 0;
  for (const auto family : families()) {
    for (const auto table : kTables) {
      wanted += rules_of(settings, table, family).empty() ? 0 : 1;
    }
  }
  return as_asked == wanted;
}

config::Result<Steps> install(const NetSettings& settings, Backend backend) {
  Steps steps;
  std::optional<config::Error> first;
  for (const auto family : families()) {
    std::optional<config::Error> error;
    if (!install_family(settings, backend, family, steps, error) && !first) {
      first = error;  // the other family is led all the same: without its rules it would pass by
    }
  }
  return first ? config::Result<Steps>(*first) : config::Result<Steps>(std::move(steps));
}

config::Result<Steps> remove(const NetSettings& settings) {
  Steps steps;
  std::optional<config::Error> error;
  for (const auto backend : kBackends) {
    for (const auto family : families()) {
      for (const auto table : kTables) {
        if (!note(remove_table(backend, table, family), steps, error)) {
          return *error;
        }
      }
    }
  }
  for (const auto family : families()) {
    if (!note(remove_routing(settings, family), steps, error)) {
      return *error;
    }
  }
  if (!note(remove_source_address(), steps, error)) {
    return *error;
  }
  return steps;
}

std::string dry_run(const NetSettings& settings, const std::vector<Family>& wanted) {
  std::string text;
  for (const auto family : wanted) {
    if (family == Family::kV6 && settings.layout != Layout::kGateway) {
      text += fmt::format("# ip -6 address add {}/128 dev lo\n", application_source(family));
    }
    if (leads_by_tproxy(settings)) {
      for (const auto& command : routing_commands(settings, family)) {
        text += fmt::format("# {}\n", fmt::join(command, " "));
      }
    }
    text += fmt::format("# {}-restore --noflush -w 10\n", family == Family::kV4 ? "iptables" : "ip6tables");
    for (const auto table : kTables) {
      const auto rules = rules_of(settings, table, family);
      text += rules.empty() ? "" : change_text(table, rules, {});
    }
    for (const auto& command : note_commands(settings, family)) {
      text += fmt::format("# {}\n", fmt::join(command, " "));
    }
  }
  return text;
}

}  // namespace gabion::proxy::interception
