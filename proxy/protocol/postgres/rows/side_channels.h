// What else than rows may carry a withheld value: errors, notices, notifications and parameters, without their values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inspect/row_judge.h"

namespace gabion::proxy::postgres {

/// For sessions that may read tables some of whose columns are withheld. Each takes a whole body and appends a whole
/// message; false: the body is none of that type, nothing was appended.

/// ErrorResponse and NoticeResponse (`type` 'E' or 'N'). Kept are severity, SQLSTATE, names of schema, table, column,
/// type and constraint, and where in the server's sources it comes from. DETAIL, HINT, CONTEXT and queries go. The
/// message itself stays up to its first quotation mark and from its last one on; it goes whole where it was made by
/// code of a user (it has a CONTEXT, or comes from a language's RAISE), since that may say anything.
[[nodiscard]] bool append_without_values(std::string& out, char type, std::string_view body);

/// NotificationResponse: the payload goes.
[[nodiscard]] bool append_notification_without_payload(std::string& out, std::string_view body);

/// ParameterStatus: the value goes unless the setting can only have values of the server's own.
[[nodiscard]] bool append_parameter_without_free_text(std::string& out, std::string_view body);

/// ErrorResponse, NoticeResponse and NotificationResponse: what `judge` finds in their texts is covered; what must not
/// leave at all is withheld. Names and codes of the server's own stay.
[[nodiscard]] bool append_judged(std::string& out, char type, std::string_view body, inspect::RowJudge& judge);

/// A message with that body.
void put_message(std::string& out, char type, std::string_view body);

/// How long a body of these may be; what is longer is no message of a server that means well.
inline constexpr std::uint32_t kMostSideBytes = 1U << 20U;

}  // namespace gabion::proxy::postgres
