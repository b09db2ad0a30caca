// Reads a list of actions ("id:1,phase:2,deny,t:none,…") into what it says, before defaults are known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/waf/seclang/rule.h"
#include "inspect/waf/seclang/scan.h"

namespace gabion::inspect::waf::seclang {

enum class Disruptive : std::uint8_t { kPass, kBlock, kDeny, kDrop, kRedirect, kAllow, kAllowPhase, kAllowRequest };

/// What one list of actions says; what it does not say is absent. Of two that exclude each other the later one wins.
struct ActionList {
  std::optional<std::uint32_t> id;
  std::optional<std::uint8_t> phase;
  std::optional<Disruptive> disruptive;
  std::optional<std::uint16_t> status;
  MacroText redirect;
  std::optional<std::string> skip_after;
  std::optional<std::uint32_t> skip;
  std::optional<bool> log;
  std::optional<bool> audit_log;
  std::optional<std::string> message_text;  ///< msg as written, for …ByMsg
  MacroText message;
  std::optional<MacroText> log_data;
  std::vector<std::string> tags;
  std::optional<Severity> severity;
  std::optional<std::string> version;
  std::optional<std::string> revision;
  std::optional<std::uint8_t> maturity;
  std::optional<std::uint8_t> accuracy;
  bool chain = false;
  bool capture = false;
  bool multi_match = false;
  bool forgets_transformations = false;  ///< t:none: those of SecDefaultAction and those before it do not count
  std::vector<Transformation> transformations;
  std::vector<SetVariable> set_variables;
  std::vector<ExpireVariable> expire_variables;
  std::vector<InitCollection> init_collections;
  std::vector<Control> controls;
};

[[nodiscard]] ActionList parse_actions(std::string_view text, Remarks& remarks);

/// One action as written: `value` without its single quotes, \' in it being '.
struct ActionText {
  std::string name;
  std::optional<std::string> value;
};

/// Splits at commas outside single quotes.
[[nodiscard]] std::vector<ActionText> split_actions(std::string_view text, Remarks& remarks);

/// setvar, expirevar, initcol and ctl: what stands after the colon.
void read_setvar(ActionList& list, std::string_view value, Remarks& remarks);
void read_expirevar(ActionList& list, std::string_view value, Remarks& remarks);
void read_initcol(ActionList& list, std::string_view value, Remarks& remarks);
void read_control(ActionList& list, std::string_view value, Remarks& remarks);

/// Ids and ranges of ids, both ends included.
using IdRange = std::pair<std::uint32_t, std::uint32_t>;
/// "942100" or "942100-942199"; 0 is no id.
[[nodiscard]] std::optional<IdRange> parse_id_range(std::string_view text);

}  // namespace gabion::inspect::waf::seclang
