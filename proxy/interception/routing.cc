// The routing rule and table by which marked packets stay on this machine: see routing.h.
#include "proxy/interception/routing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <sstream>

#include "proxy/interception/iptables.h"
#include "proxy/interception/noted_marks.h"
#include "proxy/interception/program.h"

namespace gabion::proxy::interception {
namespace {

/// Before rules of others that say by which table a pod's packets leave: those of CNIs begin at some hundreds. After
/// the table of local addresses (0).
constexpr int kPriority = 133;
constexpr int kMostRules = 64;  // of ours that are taken away; more of them are nobody's mistake

std::vector<std::string> words(std::string_view text) {
  std::istringstream in{std::string(text)};
  return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

template <class Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (auto found = words(text.substr(0, end)); !found.empty()) {
      take(std::move(found));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view after(const std::vector<std::string>& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() || std::next(found) == words.end() ? std::string_view() : *std::next(found);
}

std::string_view flag_of(Family family) noexcept {
  return family == Family::kV4 ? "-4" : "-6";
}

std::vector<std::string> rule_command(std::string_view verb, const NetSettings& settings, Family family) {
  return {"ip",     std::string(flag_of(family)),  "rule",   std::string(verb),
          "pref",   std::to_string(kPriority),     "fwmark", std::to_string(settings.route_mark),
          "lookup", std::to_string(settings.table)};
}

std::vector<std::string> note_command(std::string_view verb, std::string_view mark, Family family) {
  return {"ip",   std::string(flag_of(family)),  "rule",   std::string(verb),
          "pref", std::to_string(kNotePriority), "fwmark", std::string(mark),
          "nop"};
}

std::vector<std::string> route_command(std::string_view verb, const NetSettings& settings, Family family) {
  return {"ip",    std::string(flag_of(family)),  "route", std::string(verb), "local", "default", "dev", "lo",
          "table", std::to_string(settings.table)};
}

config::Result<std::string> run_ip(const std::vector<std::string>& command) {
  const auto end = run_program(command, {});
  if (end.has_error()) {
    return end.error();
  }
  if (end->status != 0) {
    return config::Error{end->errors, joined(command)};
  }
  return end->output;
}

/// A table that nobody has put a route in is no error of ours.
config::Result<std::string> shown_routes(const NetSettings& settings, Family family) {
  const auto end =
      run_program({"ip", std::string(flag_of(family)), "route", "show", "table", std::to_string(settings.table)}, {});
  return end.has_error() ? config::Result<std::string>(end.error()) : config::Result<std::string>(end->output);
}

bool is_our_rule(std::string_view line) {
  return line.starts_with(fmt::format("rule {}:", kPriority));
}

bool is_our_note(std::string_view line) {
  return line.starts_with(fmt::format("rule {}:", kNotePriority)) && line.ends_with(" nop");
}

bool is_our_route(std::string_view line) {
  return (std::string(line) + " ").starts_with("route local default dev lo ");
}

/// Who else uses the table has its own reasons.
bool has_others(const RoutingLines& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return !is_our_rule(line) && !is_our_note(line) && !is_our_route(line);
  });
}

bool has_ours(const RoutingLines& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return is_our_rule(line) || is_our_note(line) || is_our_route(line);
  });
}

/// A rule is taken by its place and table, whatever mark it is for; a note by its place.
config::Result<void> take_ours(const NetSettings& settings, Family family, const RoutingLines& lines) {
  const std::string table = std::to_string(settings.table);
  int taken = 0;
  for (const auto& line : lines) {
    const bool is_note = is_our_note(line);
    if ((!is_note && !is_our_rule(line)) || ++taken > kMostRules) {
      continue;
    }
    const auto done = run_ip(is_note ? note_command("del", after(words(line), "fwmark"), family)
                                     : std::vector<std::string>{"ip", std::string(flag_of(family)), "rule", "del",
                                                                "pref", std::to_string(kPriority), "lookup", table});
    if (done.has_error()) {
      return done.error();
    }
  }
  if (std::any_of(lines.begin(), lines.end(), is_our_route)) {
    if (const auto done = run_ip(route_command("del", settings, family)); done.has_error()) {
      return done.error();
    }
  }
  return {};
}

/// One rule for our mark at our place, `notes` and no others, and one local route for everything.
bool are_rule_notes_and_route(const NetSettings& settings, const std::vector<std::uint32_t>& notes,
                              const RoutingLines& lines) {
  RoutingLines wanted = {
      fmt::format("rule {}: from all fwmark {:#x} lookup {}", kPriority, settings.route_mark, settings.table)};
  for (const auto mark : notes) {
    wanted.push_back(fmt::format("rule {}: from all fwmark {:#x} nop", kNotePriority, mark));
  }
  return lines.size() == wanted.size() + 1 && std::equal(wanted.begin(), wanted.end(), lines.begin()) &&
         is_our_route(lines.back());
}

config::Error misread(Family family) {
  return {"what was read back is not what was written: somebody else changes rules or table",
          fmt::format("ip {} rule", flag_of(family))};
}

}  // namespace

RoutingLines own_routing(const NetSettings& settings, std::string_view rules, std::string_view routes) {
  RoutingLines lines;
  each_line(rules, [&](const std::vector<std::string>& found) {
    auto line = "rule " + joined(found);
    if (after(found, "lookup") == std::to_string(settings.table) || is_our_note(line)) {
      lines.push_back(std::move(line));
    }
  });
  each_line(routes, [&](const std::vector<std::string>& found) { lines.push_back("route " + joined(found)); });
  return lines;
}

bool is_as_asked(const NetSettings& settings, const RoutingLines& lines) {
  return are_rule_notes_and_route(settings, marks_to_note(settings), lines);
}

std::vector<std::vector<std::string>> routing_commands(const NetSettings& settings, Family family) {
  return {route_command("replace", settings, family), rule_command("add", settings, family)};
}

std::vector<std::vector<std::string>> note_commands(const NetSettings& settings, Family family) {
  std::vector<std::vector<std::string>> commands;
  for (const auto mark : marks_to_note(settings)) {
    commands.push_back(note_command("add", std::to_string(mark), family));
  }
  return commands;
}

config::Result<RoutingLines> look_at_routing(const NetSettings& settings, Family family) {
  const auto rules = run_ip({"ip", std::string(flag_of(family)), "rule", "show"});
  if (rules.has_error()) {
    return rules.error();
  }
  const auto routes = shown_routes(settings, family);
  if (routes.has_error()) {
    return routes.error();
  }
  return own_routing(settings, *rules, *routes);
}

namespace {

/// In order, to the first that fails; and what is there then.
config::Result<RoutingLines> run_and_look(const std::vector<std::vector<std::string>>& commands,
                                          const NetSettings& settings, Family family) {
  for (const auto& command : commands) {
    if (const auto done = run_ip(command); done.has_error()) {
      return done.error();
    }
  }
  return look_at_routing(settings, family);
}

}  // namespace

config::Result<std::string> install_routing(const NetSettings& settings, Family family) {
  const auto before = look_at_routing(settings, family);
  if (before.has_error()) {
    return before.error();
  }
  if (is_as_asked(settings, *before)) {
    return fmt::format("{} (routing): already as asked", name_of(family));
  }
  if (has_others(*before)) {
    return config::Error{"is used by others: choose another one with --table", fmt::format("table {}", settings.table)};
  }
  if (const auto done = take_ours(settings, family, *before); done.has_error()) {
    return done.error();
  }
  const auto after_it = run_and_look(routing_commands(settings, family), settings, family);
  if (after_it.has_error()) {
    return after_it.error();
  }
  if (!are_rule_notes_and_route(settings, {}, *after_it)) {
    return misread(family);
  }
  return fmt::format("{} (routing): mark {} stays here by table {}", name_of(family), settings.route_mark,
                     settings.table);
}

config::Result<std::string> install_notes(const NetSettings& settings, Family family) {
  const auto before = look_at_routing(settings, family);
  if (before.has_error()) {
    return before.error();
  }
  if (is_as_asked(settings, *before)) {
    return std::string();
  }
  const auto after_it = run_and_look(note_commands(settings, family), settings, family);
  if (after_it.has_error()) {
    return after_it.error();
  }
  return is_as_asked(settings, *after_it) ? config::Result<std::string>(std::string())
                                          : config::Result<std::string>(misread(family));
}

config::Result<std::string> remove_notes(const NetSettings& settings, Family family) {
  auto lines = look_at_routing(settings, family);
  if (lines.has_error()) {
    return lines.error();
  }
  std::erase_if(*lines, [](const std::string& line) { return !is_our_note(line); });
  const auto done = take_ours(settings, family, *lines);
  return done.has_error() ? config::Result<std::string>(done.error()) : config::Result<std::string>(std::string());
}

config::Result<std::string> remove_routing(const NetSettings& settings, Family family) {
  const auto before = look_at_routing(settings, family);
  if (before.has_error() || !has_ours(*before)) {
    return std::string();  // where there is no `ip` nobody has put anything
  }
  if (const auto done = take_ours(settings, family, *before); done.has_error()) {
    return done.error();
  }
  const auto after_it = look_at_routing(settings, family);
  if (after_it.has_error()) {
    return after_it.error();
  }
  return !has_ours(*after_it)
             ? config::Result<std::string>(fmt::format("{} (routing): removed", name_of(family)))
             : config::Result<std::string>(config::Error{"rules or routes of our table are still there",
                                                         fmt::format("ip {} rule", flag_of(family))});
}

}  // namespace gabion::proxy::interception
