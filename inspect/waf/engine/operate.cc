// One case for each operator; small ones are written out, others are called.
#include "inspect/waf/engine/operate.h"

#include "inspect/match/scratch_impl.h"
#include "inspect/sqli/detect.h"
#include "inspect/waf/engine/expand.h"
#include "inspect/waf/operators/encodings.h"
#include "inspect/waf/operators/numbers.h"
#include "inspect/waf/operators/text.h"
#include "inspect/xss/detect.h"

namespace gabion::inspect::waf::engine {
namespace {

using seclang::OperatorName;

/// Remembers what was met where there are no groups.
bool met(State& state, std::string_view part) {
  state.matched_part = part;
  state.captures.groups.fill(std::nullopt);
  state.captures.groups[0] = part;
  return true;
}

bool met_at(State& state, std::string_view text, std::size_t position, std::size_t length) {
  return position != std::string_view::npos && met(state, text.substr(position, length));
}

bool match_regex(State& state, const plan::Operation& operation, std::string_view text) {
  if (operation.regex == plan::kNone && operation.argument.empty()) {
    return met(state, text);  // an empty expression meets everything
  }
  const auto verdict = operation.regex != plan::kNone
                           ? state.plan->regexes[operation.regex].match(text, state.scratch, state.captures)
                           : state.scratch.impl().regexes.match(expand(state, operation.argument, state.argument), text,
                                                                state.scratch, state.captures);
  switch (verdict) {
    case match::RegexVerdict::kNoMatch:
      return false;
    case match::RegexVerdict::kMatch:
      state.matched_part = state.captures.groups[0].value_or(std::string_view{});
      return true;
    case match::RegexVerdict::kUndecided:
      state.undecided = kPatternLimitRule;
      if (state.plan->pcre_limit_slot != plan::kNoSlot) {
        state.tx.set(state.plan->pcre_limit_slot, plan::SlotValue::of(std::int64_t{1}));  // rule 200005 acts on it
      }
      return false;
  }
  return false;
}

bool find_phrase(State& state, const plan::Operation& operation, std::string_view text) {
  const auto found = state.plan->phrases[operation.phrases].find(text);
  return found.data() != nullptr && met(state, found);
}

bool equals(State& state, std::string_view text, std::string_view argument) {
  return text == argument && met(state, text);
}

bool contains(State& state, std::string_view text, std::string_view argument) {
  return met_at(state, text, text.find(argument), argument.size());
}

bool begins_with(State& state, std::string_view text, std::string_view argument) {
  return text.substr(0, argument.size()) == argument && met(state, text.substr(0, argument.size()));
}

bool ends_with(State& state, std::string_view text, std::string_view argument) {
  if (text.size() < argument.size()) {
    return false;
  }
  const auto tail = text.substr(text.size() - argument.size());
  return tail == argument && met(state, tail);
}

template <typename Finding>
bool detected(State& state, const Finding& finding) {
  return finding.found && met(state, finding.reason);
}

}  // namespace

bool compare(State& state, const plan::Operation& operation, std::int64_t number) {
  const auto argument = expand_number(state, operation.argument);
  if (operation.name == OperatorName::kEq) {
    return operators::small_integer(number) == operators::small_integer(argument);
  }
  if (operation.name == OperatorName::kGe) {
    return number >= argument;
  }
  if (operation.name == OperatorName::kGt) {
    return number > argument;
  }
  return operation.name == OperatorName::kLe ? number <= argument : number < argument;
}

bool operate(State& state, const plan::Operation& operation, std::string_view text) {
  switch (operation.name) {
    case OperatorName::kRx:
      return match_regex(state, operation, text);
    case OperatorName::kPm:
    case OperatorName::kPmFromFile:
      return find_phrase(state, operation, text);
    case OperatorName::kStreq:
      return equals(state, text, expand(state, operation.argument, state.argument));
    case OperatorName::kContains:
    case OperatorName::kStrMatch:
      return contains(state, text, expand(state, operation.argument, state.argument));
    case OperatorName::kContainsWord:
      return operators::contains_word(text, expand(state, operation.argument, state.argument)) && met(state, text);
    case OperatorName::kBeginsWith:
      return begins_with(state, text, expand(state, operation.argument, state.argument));
    case OperatorName::kEndsWith:
      return ends_with(state, text, expand(state, operation.argument, state.argument));
    case OperatorName::kWithin:
      return operators::is_within(text, expand(state, operation.argument, state.argument)) && met(state, text);
    case OperatorName::kEq:
    case OperatorName::kGe:
    case OperatorName::kGt:
    case OperatorName::kLe:
    case OperatorName::kLt:
      return compare(state, operation, operators::integer_of(text)) && met(state, text);
    case OperatorName::kIpMatch:
    case OperatorName::kIpMatchFromFile:
      return state.plan->addresses[operation.addresses].contains(text) && met(state, text);
    case OperatorName::kDetectSqli:
      return detected(state, sqli::detect(text));
    case OperatorName::kDetectXss:
      return detected(state, xss::detect(text));
    case OperatorName::kValidateByteRange:
      return met_at(state, text, state.plan->byte_ranges[operation.byte_range].find_outside(text), 1);
    case OperatorName::kValidateUrlEncoding:
      return met_at(state, text, operators::find_bad_url_encoding(text), 3);
    case OperatorName::kValidateUtf8Encoding:
      return met_at(state, text, operators::find_bad_utf8(text), 4);
    case OperatorName::kUnconditionalMatch:
      return met(state, text);
    case OperatorName::kGeoLookup:  // no database: the load warned
    case OperatorName::kRbl:
    case OperatorName::kNoMatch:
      return false;
  }
  return false;
}

}  // namespace gabion::inspect::waf::engine
