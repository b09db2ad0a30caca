// A RuleSet compiled for running: slots and indices instead of names, immutable and shared by all workers.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/match/rules/rule_regex.h"
#include "inspect/waf/operators/byte_range.h"
#include "inspect/waf/operators/ip_list.h"
#include "inspect/waf/operators/phrases.h"
#include "inspect/waf/plan/rule_bits.h"
#include "inspect/waf/plan/slots.h"
#include "inspect/waf/seclang/rule.h"

namespace gabion::inspect::waf::plan {

class ScanPlan;

/// Index of something a link uses and the plan owns.
using Index = std::uint32_t;
inline constexpr Index kNone = 0xffffffff;

/// One piece of a text with macros.
struct TextPart {
  std::string literal;
  std::optional<seclang::Variable> variable;
  std::string key;      ///< in lower case
  Slot slot = kNoSlot;  ///< TX.key where key is not a number above 9
};

/// Text that is expanded at run time.
struct Text {
  std::vector<TextPart> parts;
  bool has_macro = false;
  std::int64_t number = 0;   ///< the leading integer; only without macro
  Slot only_slot = kNoSlot;  ///< the whole text is one %{TX.name}

  /// REQUIRES: !has_macro.
  [[nodiscard]] std::string_view literal() const noexcept {
    return parts.empty() ? std::string_view{} : std::string_view{parts.front().literal};
  }
  [[nodiscard]] bool empty() const noexcept { return parts.empty(); }
};

/// Members of a collection: all, one by name, or those a regex meets.
struct Selector {
  seclang::Variable variable = seclang::Variable::kArgs;
  seclang::Selection selection = seclang::Selection::kAll;
  std::string name;     ///< kName in lower case; kXPath as written
  Index regex = kNone;  ///< kRegex: of Plan::selectors
};

struct Target : Selector {
  bool count = false;
  Slot slot = kNoSlot;      ///< TX:name
  std::vector<Slot> slots;  ///< TX and TX:/re/: the static names among which values may stand
};

struct SetVariable {
  seclang::Variable collection = seclang::Variable::kTx;
  seclang::SetVariable::Change change = seclang::SetVariable::Change::kSet;
  Slot slot = kNoSlot;  ///< TX with a static name
  Text name;            ///< used where slot is kNoSlot
  Text value;
};

struct Control {
  seclang::ControlName name = seclang::ControlName::kRuleEngine;
  std::string value;
  std::uint32_t first_id = 0;
  std::uint32_t last_id = 0;
  RuleBits rules;  ///< ruleRemove…: whom it concerns
  std::optional<Selector> target;
};

/// How a link's operator is run.
struct Operation {
  seclang::OperatorName name = seclang::OperatorName::kUnconditionalMatch;
  bool negated = false;
  bool numeric = false;  ///< compares integers: a value that is a number needs no text
  Text argument;
  Index regex = kNone;  ///< @rx without macro: of Plan::regexes
  Index phrases = kNone;
  Index addresses = kNone;
  Index byte_range = kNone;
};

struct Link {
  std::vector<Target> targets;  ///< empty: matches always
  std::vector<Selector> exclusions;
  Operation operation;
  std::vector<seclang::Transformation> transformations;
  bool multi_match = false;
  bool capture = false;
  std::vector<SetVariable> set_variables;
  std::vector<seclang::Variable> expire_collections;
  std::vector<Text> expire_names;    ///< beside expire_collections
  std::vector<Text> expire_seconds;  ///< beside expire_collections
  std::vector<seclang::Variable> init_collections;
  std::vector<Text> init_keys;  ///< beside init_collections
  std::vector<Control> controls;
};

struct Rule {
  std::uint32_t id = 0;
  std::uint8_t phase = 2;
  std::vector<Link> links;
  seclang::Disruption disruption = seclang::Disruption::kPass;
  std::uint16_t status = 403;
  Text redirect;
  Index skip_to = kNone;  ///< rule to go on with after a match, skipAfter and skip alike
  bool log = true;
  bool audit_log = true;
  bool keeps_matches = false;  ///< something reads MATCHED_VAR… of this rule
  Text message;
  Text log_data;
  std::vector<std::string> tags;
  std::optional<seclang::Severity> severity;
  std::vector<Slot> score_slots;  ///< anomaly scores its setvars change
};

/// What is not in the rules: an operator's choices beside the rule files.
struct Options {
  /// kPlan: patterns are scanned ahead for all rules at once. kReference: every link on every target, in order;
  /// slow, the measure of the other.
  enum class Evaluation : std::uint8_t { kPlan, kReference };
  /// kAlways as ModSecurity v3 does: REQUEST_BODY holds every body. kForms as version 2: only URL-encoded bodies,
  /// and those forced by ctl:forceRequestBodyVariable.
  enum class RequestBody : std::uint8_t { kAlways, kForms };

  /// kComplete: from the cache, else compiled, which may take many seconds. kQuick: from the cache, else on slower
  /// engines that are ready in milliseconds, to serve with meanwhile.
  enum class Databases : std::uint8_t { kComplete, kQuick };

  Evaluation evaluation = Evaluation::kPlan;
  Databases databases = Databases::kComplete;
  RequestBody request_body = RequestBody::kAlways;
  std::optional<std::uint8_t> paranoia;  ///< tx.paranoia_level / tx.blocking_paranoia_level, unless the rules set it
  std::optional<std::uint32_t> inbound_threshold;
  std::optional<std::uint32_t> outbound_threshold;
  std::optional<seclang::RuleEngine> mode;  ///< instead of SecRuleEngine
  std::string cache_directory;              ///< of compiled databases; empty = none
  std::stop_token stop;                     ///< gives up kComplete between patterns: then an error
};

inline constexpr std::size_t kPhases = 5;

/// Immutable after compile(); shared by all workers.
struct Plan {
  Plan();
  ~Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  /// The rules of phase n are rules[phase_begin[n - 1]] up to before rules[phase_begin[n]], in file order.
  std::vector<Rule> rules;
  std::array<Index, kPhases + 1> phase_begin{};

  std::deque<match::LazyRegex> regexes;
  std::deque<match::RuleRegex> selectors;
  std::vector<operators::Phrases> phrases;
  std::vector<std::vector<std::string>> phrase_lists;  ///< beside phrases
  std::vector<operators::IpList> addresses;
  std::vector<operators::ByteRange> byte_ranges;

  SlotNames slots;
  std::vector<SlotValue> initial;  ///< slot values a transaction begins with; views live in the plan
  std::deque<std::string> texts;   ///< what `initial` views
  std::vector<Slot> level_scores;  ///< anomaly scores of the paranoia levels, both ways
  std::vector<Slot> inbound_sums;  ///< the first that is set is the inbound score
  std::vector<Slot> outbound_sums;
  Slot pcre_limit_slot = kNoSlot;   ///< tx.MSC_PCRE_LIMITS_EXCEEDED
  bool reads_full_request = false;  ///< something asks for FULL_REQUEST or its length: a copy of the whole request

  seclang::Engine engine;
  Options options;
  std::vector<std::string> warnings;
  std::size_t folded = 0;  ///< rules decided at compile time and left out

  std::unique_ptr<const ScanPlan> scan;  ///< null with Evaluation::kReference

  /// Every database is as kComplete has it: with kQuick, where all were in the cache.
  [[nodiscard]] bool is_complete() const noexcept;
};

}  // namespace gabion::inspect::waf::plan
