// What SecLang text says: rules as plain structs, in file order, before anything is compiled for speed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "inspect/waf/seclang/words.h"

namespace gabion::inspect::waf::seclang {

/// Where something stands: RuleSet::files[file], line from 1.
struct Place {
  std::uint32_t file = 0;
  std::uint32_t line = 0;
};

/// Text with macros. A literal part has no variable; a macro part is %{VARIABLE} or %{VARIABLE.key}.
struct MacroPart {
  std::string literal;
  std::optional<Variable> variable;
  std::string key;  ///< as written; compares without case; empty = no key
};
using MacroText = std::vector<MacroPart>;

/// True when `text` holds no macro.
[[nodiscard]] bool is_literal(const MacroText& text) noexcept;
/// The text without its macros. REQUIRES: is_literal(text) to mean the whole.
[[nodiscard]] std::string literal_of(const MacroText& text);

/// How a target chooses among the members of a collection.
enum class Selection : std::uint8_t {
  kAll,    ///< VARIABLE
  kName,   ///< VARIABLE:name, without case
  kRegex,  ///< VARIABLE:/re/, PCRE, without case as ModSecurity v3 does
  kXPath,  ///< XML:/* and XML://@*, the only two
};

struct Target {
  Variable variable = Variable::kArgs;
  Selection selection = Selection::kAll;
  std::string selector;  ///< name, regex or XPath; quotes and slashes removed
  bool count = false;    ///< & in front: one number
  bool exclude = false;  ///< ! in front: takes away from the other targets of the link
};

struct Operator {
  OperatorName name = OperatorName::kUnconditionalMatch;
  bool negated = false;
  MacroText argument;                ///< what follows the name; empty for operators without one
  std::vector<std::string> phrases;  ///< kPm, kPmFromFile (files read, comments dropped), kIpMatch(FromFile) lists
};

struct SetVariable {
  enum class Change : std::uint8_t { kSet, kAdd, kSubtract, kUnset };
  Variable collection = Variable::kTx;  ///< kTx, kIp, kGlobal, kSession, kUser, kResource
  Change change = Change::kSet;
  MacroText name;
  MacroText value;  ///< empty for kUnset; "1" where none was written
};

struct ExpireVariable {
  Variable collection = Variable::kIp;
  MacroText name;
  MacroText seconds;
};

struct InitCollection {
  Variable collection = Variable::kIp;
  MacroText key;
};

/// ctl:NAME=VALUE
struct Control {
  ControlName name = ControlName::kRuleEngine;
  std::string value;           ///< tag, message, body processor, "On", audit parts, …; as written
  std::uint32_t first_id = 0;  ///< …ById: range of ids, both ends included
  std::uint32_t last_id = 0;
  std::optional<Target> target;  ///< ruleRemoveTarget…: what is taken away
};

/// One SecRule of a chain (a rule without `chain` has one link).
struct Link {
  Place place;
  std::vector<Target> targets;  ///< empty: SecAction
  Operator op;
  std::vector<Transformation> transformations;  ///< in order, after t:none and SecDefaultAction were applied
  bool multi_match = false;
  bool capture = false;
  std::vector<SetVariable> set_variables;
  std::vector<ExpireVariable> expire_variables;
  std::vector<InitCollection> init_collections;
  std::vector<Control> controls;
};

enum class Disruption : std::uint8_t { kPass, kDeny, kDrop, kRedirect, kAllow, kAllowPhase, kAllowRequest };

/// What stands on the chain starter, SecDefaultAction already merged in ("block" replaced by the default's action).
struct Rule {
  std::uint32_t id = 0;
  std::uint8_t phase = 2;  ///< 1 to 5
  std::vector<Link> links;
  Disruption disruption = Disruption::kPass;
  bool is_block = false;  ///< it said "block"
  std::uint16_t status = 403;
  MacroText redirect;
  std::string skip_after;  ///< marker name, empty = none
  std::uint32_t skip = 0;  ///< skip:N, 0 = none
  bool log = true;
  bool audit_log = true;
  MacroText message;
  MacroText log_data;  ///< of the last link that has one
  std::vector<std::string> tags;
  std::optional<Severity> severity;
  std::string version;
  std::string revision;
  std::uint8_t maturity = 0;
  std::uint8_t accuracy = 0;
};

struct Marker {
  std::string name;
  Place place;
};

using Item = std::variant<Rule, Marker>;

/// What the Sec… directives that are not rules say. Limits in bytes.
struct Engine {
  RuleEngine rule_engine = RuleEngine::kOff;
  bool request_body_access = false;
  bool response_body_access = false;
  std::uint64_t request_body_limit = 134217728;
  std::uint64_t request_body_no_files_limit = 131072;
  LimitAction request_body_limit_action = LimitAction::kReject;
  std::uint32_t request_body_json_depth = 512;
  std::uint32_t arguments_limit = 1000;
  std::uint64_t response_body_limit = 524288;
  LimitAction response_body_limit_action = LimitAction::kProcessPartial;
  std::vector<std::string> response_body_types{"text/plain", "text/html"};
  std::uint32_t pcre_match_limit = 100000;
  char argument_separator = '&';
  std::uint32_t collection_timeout_seconds = 3600;
  std::string component_signature;
};

/// Everything one entry file brought in, targets updated and removed rules gone (SecRuleRemove…, SecRuleUpdate…).
struct RuleSet {
  std::vector<std::string> files;  ///< in the order of inclusion; data files of @pmFromFile too
  /// What another load would rest on: files and folders, each with its stamp before it was read (config/file_stamp.h).
  std::vector<std::pair<std::string, std::string>> stamps;
  Engine engine;
  std::vector<Item> items;
  std::vector<std::string> warnings;  ///< `file:line: what`, e.g. @geoLookup without a database: never matches
};

}  // namespace gabion::inspect::waf::seclang
