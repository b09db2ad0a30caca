// Selectors, clocks, records and the fields of RULE.
#include "inspect/waf/engine/resolve.h"

#include <algorithm>
#include <ctime>

namespace gabion::inspect::waf::engine {
namespace {

using std::chrono::duration_cast;

std::string_view keep_number(State& state, std::int64_t number) {
  return state.keep(digits_of(state, number));
}

}  // namespace

bool selects(const State& state, const plan::Selector& selector, std::string_view name) {
  switch (selector.selection) {
    case seclang::Selection::kAll:
      return true;
    case seclang::Selection::kName:
      return is_named(name, selector.name);
    case seclang::Selection::kRegex:
      return state.plan->selectors[selector.regex].match(name, state.scratch) == match::RegexVerdict::kMatch;
    case seclang::Selection::kXPath:
      return name == selector.name;
  }
  return false;
}

std::string_view& persistent_key(State& state, Variable collection) {
  constexpr std::array kCollections{Variable::kIp, Variable::kGlobal, Variable::kSession, Variable::kUser,
                                    Variable::kResource};
  const auto found = std::find(kCollections.begin(), kCollections.end() - 1, collection);
  return state.persistent_keys[static_cast<std::size_t>(found - kCollections.begin())];
}

std::string_view computed(State& state, Variable variable) {
  const auto seconds = duration_cast<std::chrono::seconds>(state.now.time_since_epoch()).count();
  if (variable == Variable::kTimeEpoch) {
    return keep_number(state, seconds);
  }
  if (variable == Variable::kDuration) {
    return "0.000000";  // the clock stands still within a transaction
  }
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::localtime_r(&time, &parts);  // as ModSecurity: where TZ or /etc/localtime says
  std::array<char, 16> text{};
  const char* format = variable == Variable::kTime       ? "%H:%M:%S"
                       : variable == Variable::kTimeHour ? "%H"
                       : variable == Variable::kTimeMin  ? "%M"
                       : variable == Variable::kTimeSec  ? "%S"
                       : variable == Variable::kTimeDay  ? "%d"
                       : variable == Variable::kTimeWday ? "%w"
                       : variable == Variable::kTimeYear ? "%Y"
                                                         : "%m";
  if (variable == Variable::kTimeMon) {
    return keep_number(state, parts.tm_mon);  // 0 to 11, as ModSecurity v3
  }
  return state.keep({text.data(), std::strftime(text.data(), text.size(), format, &parts)});
}

std::string_view rule_field(State& state, std::string_view lower_name) {
  if (state.rule == nullptr) {
    return {};
  }
  const auto& rule = *state.rule;
  if (lower_name == "id") {
    return keep_number(state, rule.id);
  }
  if (lower_name == "severity" && rule.severity) {
    return keep_number(state, static_cast<std::int64_t>(*rule.severity));
  }
  if (lower_name == "msg") {
    return rule.message.literal();  // as written: a message with macros is expanded after the match only
  }
  return {};
}

}  // namespace gabion::inspect::waf::engine
