// Identifiers that somebody drew at random for one message: nothing of anybody is in them.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// X-Request-Id as a UUID (RFC 9562 §4) or traceparent (W3C Trace Context §3.2), unless the digits of a group could be
/// taken for something else: the first and the last group of a UUID, both ids of a traceparent have to hold a letter.
[[nodiscard]] bool is_message_id(std::string_view name, std::string_view value) noexcept;

}  // namespace gabion::inspect::dlp
