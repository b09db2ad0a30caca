// Puts the rules of interception in place, takes them away, and says what is there: see installation.h.
#include "proxy/interception/installation.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>

#include "proxy/interception/program.h"

namespace gabion::proxy::interception {
namespace {

constexpr Backend kBackends[] = {Backend::kNft, Backend::kLegacy};

Presence presence_of(const std::string& saved, const std::vector<std::string>& found,
                     const std::vector<std::string>& wanted) {
  if (!has_own_chains(saved) && found.empty()) {
    return Presence::kAbsent;
  }
  return same_rules(wanted, found) ? Presence::kAsAsked : Presence::kDiffers;
}

config::Error misread(Backend backend, Family family) {
  return {"what was read back is not what was written: somebody else changes the table", tool(backend, family, "save")};
}

config::Result<std::string> install_family(const RedirectSettings& settings, Backend backend, Family family) {
  const auto wanted = redirect_rules(settings, family);
  const auto before = saved_rules(backend, family);
  if (before.has_error()) {
    return before.error();
  }
  const auto found = own_rules(*before);
  if (presence_of(*before, found, wanted) == Presence::kAsAsked) {
    return fmt::format("{} ({}): already as asked", name_of(family), name_of(backend));
  }
  if (const auto done = restore_rules(backend, family, install_text(wanted, found)); done.has_error()) {
    return done.error();
  }
  const auto after = saved_rules(backend, family);
  if (after.has_error()) {
    return after.error();
  }
  if (!same_rules(wanted, own_rules(*after))) {
    return misread(backend, family);
  }
  return fmt::format("{} ({}): {} rules {}", name_of(family), name_of(backend), wanted.size(),
                     found.empty() ? "installed" : "in place of others");
}

/// Of a family in which this back end may have nothing: then nothing is said.
config::Result<std::string> remove_family(Backend backend, Family family) {
  const auto before = saved_rules(backend, family);
  if (before.has_error() || (!has_own_chains(*before) && own_rules(*before).empty())) {
    return std::string();  // tools that are not here put nothing here
  }
  if (const auto done = restore_rules(backend, family, remove_text(own_rules(*before))); done.has_error()) {
    return done.error();
  }
  const auto after = saved_rules(backend, family);
  if (after.has_error()) {
    return after.error();
  }
  if (has_own_chains(*after) || !own_rules(*after).empty()) {
    return misread(backend, family);
  }
  return fmt::format("{} ({}): removed", name_of(family), name_of(backend));
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

}  // namespace

std::vector<Family> families() {
  return has_ipv6() ? std::vector<Family>{Family::kV4, Family::kV6} : std::vector<Family>{Family::kV4};
}

config::Result<std::vector<Found>> look(const RedirectSettings& settings) {
  std::vector<Found> all;
  std::optional<config::Error> error;
  for (const auto backend : kBackends) {
    for (const auto family : families()) {
      const auto saved = saved_rules(backend, family);
      if (saved.has_error()) {
        error = saved.error();
        continue;
      }
      Found found{backend, family, Presence::kAbsent, own_rules(*saved)};
      found.presence = presence_of(*saved, found.rules, redirect_rules(settings, family));
      all.push_back(std::move(found));
    }
  }
  if (all.empty() && error) {
    return *error;
  }
  return all;
}

config::Result<Steps> install(const RedirectSettings& settings, Backend backend) {
  Steps steps;
  for (const auto family : families()) {
    if (family == Family::kV6) {
      auto added = add_source_address();  // before the rules need it
      if (added.has_error()) {
        return added.error();
      }
      steps.push_back(*std::move(added));
    }
    auto step = install_family(settings, backend, family);
    if (step.has_error()) {
      return step.error();
    }
    steps.push_back(*std::move(step));
  }
  return steps;
}

config::Result<Steps> remove() {
  Steps steps;
  const auto note = [&steps](const std::string& step) {
    if (!step.empty()) {
      steps.push_back(step);
    }
  };
  for (const auto backend : kBackends) {
    for (const auto family : families()) {
      const auto step = remove_family(backend, family);
      if (step.has_error()) {
        return step.error();
      }
      note(*step);
    }
  }
  const auto address = remove_source_address();
  if (address.has_error()) {
    return address.error();
  }
  note(*address);
  return steps;
}

std::string dry_run(const RedirectSettings& settings, const std::vector<Family>& wanted) {
  std::string text;
  for (const auto family : wanted) {
    if (family == Family::kV6) {
      text += fmt::format("# ip -6 address add {}/128 dev lo\n", application_source(family));
    }
    text += fmt::format("# {}-restore --noflush -w 10\n{}", family == Family::kV4 ? "iptables" : "ip6tables",
                        install_text(redirect_rules(settings, family), {}));
  }
  return text;
}

}  // namespace gabion::proxy::interception
