// Base64 of secrets into a buffer of fixed size, strict about what stands in it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {

enum class Base64 : bool {
  kStandard,  ///< RFC 4648 section 4; padding may be missing, but not be wrong
  kUrl,       ///< RFC 4648 section 5, without padding
};

/// Bytes written to `out`. Nothing: a foreign character, an impossible length, or more than `out` holds.
[[nodiscard]] std::optional<std::size_t> decode_base64(std::string_view text, Base64 alphabet,
                                                       std::span<char> out) noexcept;

/// A character of the standard alphabet, without padding.
[[nodiscard]] bool is_base64(char c) noexcept;
/// The same of the alphabet for addresses.
[[nodiscard]] constexpr bool is_base64url(char c) noexcept {
  return is_digit(c) || is_letter(c) || c == '-' || c == '_';
}

}  // namespace gabion::inspect::dlp
