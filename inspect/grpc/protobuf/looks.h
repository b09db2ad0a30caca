// What bytes of an unknown type may be: text, or a message.
#pragma once

#include <string_view>

namespace gabion::inspect::grpc {

/// Well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Well-formed UTF-8 without control characters but tab, line feed and carriage return.
[[nodiscard]] bool is_plain_text(std::string_view bytes) noexcept;

/// Fields to the last byte, at least one, none of them a group. What is in them is not looked at.
[[nodiscard]] bool is_message(std::string_view bytes) noexcept;

}  // namespace gabion::inspect::grpc
