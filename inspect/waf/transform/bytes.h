// What a single byte is and what two hex digits say, as C's own locale and ModSecurity see it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace gabion::inspect::waf::transform {

[[nodiscard]] constexpr bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_octal(char c) noexcept {
  return c >= '0' && c <= '7';
}
[[nodiscard]] constexpr char lowered(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] constexpr char raised(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}
[[nodiscard]] constexpr bool is_alnum(char c) noexcept {
  return is_digit(c) || (lowered(c) >= 'a' && lowered(c) <= 'z');
}
[[nodiscard]] constexpr bool is_hex(char c) noexcept {
  return is_digit(c) || (lowered(c) >= 'a' && lowered(c) <= 'f');
}

/// Are `count` hex digits at `at`?
[[nodiscard]] constexpr bool hex_at(std::string_view text, std::size_t at, std::size_t count) noexcept {
  if (at > text.size() || text.size() - at < count) {
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_hex(text[at + i])) {
      return false;
    }
  }
  return true;
}

/// What ModSecurity makes of one byte where it expects a hex digit without having looked: defined for every byte.
[[nodiscard]] constexpr unsigned nibble(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 'A' ? (byte & 0xDFU) - 'A' + 10U : byte - unsigned{'0'};
}
[[nodiscard]] constexpr unsigned char byte_of(char high, char low) noexcept {
  return static_cast<unsigned char>(nibble(high) * 16U + nibble(low));
}

/// The low byte of a four-digit code, with U+FF01 to U+FF5E folded to ASCII as ModSecurity folds them.
[[nodiscard]] constexpr char folded(std::string_view digits) noexcept {
  unsigned char byte = byte_of(digits[2], digits[3]);
  if (byte > 0 && byte < 0x5F && lowered(digits[0]) == 'f' && lowered(digits[1]) == 'f') {
    byte = static_cast<unsigned char>(byte + 0x20);
  }
  return static_cast<char>(byte);
}

/// Copies in[from, to) to `out`; returns its end. Free when it would copy a byte onto itself.
inline char* copy(std::string_view in, std::size_t from, std::size_t to, char* out) noexcept {
  std::memcpy(out, in.data() + from, to - from);
  return out + (to - from);
}

/// Copies up to the next `wanted` at or after `at` and moves `at` there (the end if there is none).
inline char* copy_until(char wanted, std::string_view in, std::size_t& at, char* out) noexcept {
  const std::size_t from = at;
  at = std::min(in.find(wanted, from), in.size());
  return copy(in, from, at, out);
}

}  // namespace gabion::inspect::waf::transform
