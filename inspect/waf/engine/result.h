// What a transaction says: what to do, which rules fired with which evidence, the anomaly scores.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "inspect/waf/seclang/rule.h"

namespace gabion::inspect::waf::engine {

enum class Action : std::uint8_t {
  kPass,
  kDeny,      ///< answer with Decision::status
  kDrop,      ///< close the connection
  kRedirect,  ///< answer with Decision::status and Location: Decision::redirect
};

/// What the rules want done. Once not kPass it does not change, and no rule but those of phase 5 runs any more.
struct Decision {
  Action action = Action::kPass;
  std::uint16_t status = 200;
  std::uint32_t rule_id = 0;  ///< 0: a limit, not a rule
  std::string_view redirect;
};

/// One rule that matched and logs (log, not noauditlog) or decided. Views live until the transaction's next begin().
struct Hit {
  std::uint32_t rule_id = 0;
  std::uint8_t phase = 0;
  std::optional<seclang::Severity> severity;
  std::string_view message;   ///< macros expanded
  std::string_view log_data;  ///< macros expanded; holds raw bytes of the request: mask before showing
  std::string_view variable;  ///< "ARGS:name" of the last value that matched; empty: SecAction
  std::string_view original;  ///< that value as it came
  std::string_view value;     ///< after the transformations
  std::string_view matched;   ///< the part of `value` the operator met; the whole where it has no part
  std::int64_t score = 0;     ///< what the rule added to the anomaly scores of the paranoia levels
  bool decided = false;       ///< this rule's action became the decision
  std::span<const std::string> tags;
};

/// What the rules compare with their thresholds; 0 where they have no such sums.
struct Scores {
  std::int64_t inbound = 0;   ///< tx.blocking_inbound_anomaly_score (CRS 4) or tx.anomaly_score (3) after phase 2
  std::int64_t outbound = 0;  ///< tx.blocking_outbound_anomaly_score or tx.outbound_anomaly_score
};

}  // namespace gabion::inspect::waf::engine
