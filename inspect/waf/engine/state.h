// Everything one transaction knows; private to the engine, filled by Transaction, read and changed by rules.
#pragma once

#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/http/byte_arena.h"
#include "inspect/http/named_values.h"
#include "inspect/match/rules/rule_regex.h"
#include "inspect/message.h"
#include "inspect/scratch.h"
#include "inspect/waf/engine/persistent_table.h"
#include "inspect/waf/engine/result.h"
#include "inspect/waf/engine/shapes.h"
#include "inspect/waf/engine/tx_store.h"
#include "inspect/waf/plan/plan.h"

namespace gabion::inspect::waf::engine {

using seclang::Variable;

/// One value a link looks at.
struct Value {
  Variable variable = Variable::kArgs;
  std::string_view name;
  std::string_view text;   ///< empty while is_number
  bool is_number = false;  ///< `number` stands for the text
  std::int64_t number = 0;
};

/// A value that matched, for MATCHED_VAR… and evidence. Views are stable until the transaction ends.
struct Matched {
  Variable variable = Variable::kArgs;
  std::string_view name;
  std::string_view original;
  std::string_view text;  ///< transformed
  std::string_view part;  ///< what the operator met in it, or static words for it
};

/// A target that ctl:ruleRemoveTarget… took from some rules.
struct RemovedTarget {
  const plan::RuleBits* rules = nullptr;
  const plan::Selector* target = nullptr;
};

inline constexpr std::uint64_t kNoScanLimit = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint32_t kPatternLimitRule = 200005;
inline constexpr std::uint32_t kArgumentLimitRule = 200007;

struct State {
  State(PersistentTable& table, Scratch& worker) : persistent(table), scratch(worker) {}

  PersistentTable& persistent;
  Scratch& scratch;
  std::shared_ptr<const plan::Plan> plan;
  std::chrono::system_clock::time_point now;

  // What came over the wire.
  http::ByteArena arena;
  std::array<std::vector<http::NamedValue>, kLists> lists;
  std::array<std::string_view, kVariables> singles;
  std::size_t query_args = 0;  ///< how many of List::kArgs came from the query
  std::size_t combined_size = 0;
  std::string body;
  std::string response;

  // What rules have done.
  TxStore tx;
  std::array<std::string_view, 5> persistent_keys;  ///< IP, GLOBAL, SESSION, USER, RESOURCE; data() null = none
  plan::RuleBits removed;
  bool any_removed = false;
  std::vector<RemovedTarget> removed_targets;
  seclang::RuleEngine mode = seclang::RuleEngine::kOff;
  bool request_body_access = false;
  bool response_body_access = false;
  bool force_body_variable = false;
  BodyUnit body_unit = BodyUnit::kBody;  ///< Transaction::expect()
  bool audit = true;
  seclang::Disruption allowed = seclang::Disruption::kPass;  ///< an allow… that is in force

  // What the running rule has met.
  const plan::Rule* rule = nullptr;
  std::vector<Matched> matched;
  match::Captures captures;       ///< of the last operator that matched
  std::string_view matched_part;  ///< of the last operator that matched

  // Results.
  Decision decision;
  /// Something was not looked at, so whether a rule matches is not known: the rule of the base that stands for it.
  /// kPatternLimitRule: a pattern's engine gave up, or no room was left to keep what it met; kArgumentLimitRule:
  /// arguments were left out. 0: nothing.
  std::uint32_t undecided = 0;
  std::uint64_t scanned = 0;  ///< see charge()
  std::uint64_t scan_limit = kNoScanLimit;
  Decision would_decide;
  std::vector<Hit> hits;

  // Space used within one call.
  std::string expanded;
  std::string argument;
  std::string change_a;
  std::string change_b;
  std::string name_buffer;
  std::array<char, 24> digits{};

  static constexpr std::size_t kMostMatched = 1024;  ///< of one chain
  /// Of texts that rules met or made: each rule that meets a long value keeps a copy of it.
  static constexpr std::size_t kMostKeptBytes = std::size_t{64} << 20U;

  [[nodiscard]] std::vector<http::NamedValue>& list(List which) { return lists[static_cast<std::size_t>(which)]; }
  [[nodiscard]] const std::vector<http::NamedValue>& list(List which) const {
    return lists[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] std::string_view& single(Variable variable) { return singles[static_cast<std::size_t>(variable)]; }
  [[nodiscard]] std::string_view single(Variable variable) const { return singles[static_cast<std::size_t>(variable)]; }
  [[nodiscard]] std::size_t held_bytes() const noexcept;
  /// Stable until the transaction ends.
  [[nodiscard]] std::string_view keep(std::string_view text) {
    if (text.size() + arena.held_bytes() > kMostKeptBytes) {
      undecided = kPatternLimitRule;
      return "";
    }
    return text.empty() ? "" : arena.copy(text);
  }
};

/// The decimal text of `number`, in `state.digits` until the next call.
[[nodiscard]] std::string_view digits_of(State& state, std::int64_t number);

/// "ARGS:name" or "REQUEST_LINE", in the arena.
[[nodiscard]] std::string_view full_name(State& state, Variable variable, std::string_view name);

/// More was to be looked at than the transaction may: what was not looked at may hold anything.
[[nodiscard]] inline bool is_exhausted(const State& state) noexcept {
  return state.scanned > state.scan_limit;
}

/// Called before a value of `bytes` is scanned, transformed or compared, each time. False: do not.
[[nodiscard]] inline bool charge(State& state, std::size_t bytes) noexcept {
  constexpr std::uint64_t kForAnyValue = 16;  // looking at a value costs something however short it is
  if (!is_exhausted(state)) {
    state.scanned += bytes + kForAnyValue;
  }
  return !is_exhausted(state);
}

/// Beyond the limit of arguments the rest was left out.
inline void note_limit(State& state, http::BodyError error) noexcept {
  state.undecided = error == http::BodyError::kTooManyValues ? kArgumentLimitRule : state.undecided;
}

}  // namespace gabion::inspect::waf::engine
