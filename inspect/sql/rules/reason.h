// Why a statement is refused: the closed list that commands, logs and metrics share.
#pragma once

#include <cstdint>
#include <string_view>

namespace gabion::inspect::sql {

/// In the order in which they are checked; the first that holds decides. Names never change.
enum class SqlReason : std::uint8_t {
  kBadInput,  ///< of `gabion sql check`: the line is no request
  kEncoding,
  kNulByte,
  kTooLong,
  kExecutableComment,  ///< MySQL
  kParseError,
  kTooDeep,
  kUnknownNode,
  kStacked,
  kDenyRule,
  kNoRule,  ///< no Allow item for this identity, user and database
  kKind,
  kTable,
  kColumn,
  kFunction,
  kSetting,
  kWhereRequired,
  kFingerprint,
  kInjection,
  kMasking,   ///< a masked column would leave where it cannot be covered
  kRowLimit,  ///< the session cannot count what the rule limits, or the limit is reached
  kTaint,
  kUnknownName,   ///< of a statement, portal or cursor
  kFunctionCall,  ///< the protocol's own, without SQL
  kReplication,
  kCommand,
  kAllowed,
};

/// "bad-input", "encoding", …, "allowed".
[[nodiscard]] std::string_view to_string(SqlReason reason) noexcept;

}  // namespace gabion::inspect::sql
