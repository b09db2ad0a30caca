// The words of reasons.
#include "inspect/sql/rules/reason.h"

#include <array>

namespace gabion::inspect::sql {

std::string_view to_string(SqlReason reason) noexcept {
  static constexpr std::array<std::string_view, 27> kWords{
      "bad-input",   "encoding",       "nul-byte",     "too-long",      "executable-comment",
      "parse-error", "too-deep",       "unknown-node", "stacked",       "deny-rule",
      "no-rule",     "kind",           "table",        "column",        "function",
      "setting",     "where-required", "fingerprint",  "injection",     "masking",
      "row-limit",   "taint",          "unknown-name", "function-call", "replication",
      "command",     "allowed"};
  static_assert(kWords.size() == static_cast<std::size_t>(SqlReason::kAllowed) + 1);
  return kWords[static_cast<std::size_t>(reason)];
}

}  // namespace gabion::inspect::sql
