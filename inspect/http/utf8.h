// UTF-8, one character at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::inspect::http {

/// Writes one to four bytes, also of a surrogate half. REQUIRES: code < 0x110000.
inline void put_utf8(char*& out, std::uint32_t code) noexcept {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
    return;
  }
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

/// Bytes of the well-formed character at the front (RFC 3629: no overlong form, no surrogate), 0 if it is none.
[[nodiscard]] inline std::size_t utf8_size(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto more = [byte](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const std::uint32_t lead = byte(0);
  if (text.empty()) {
    return 0;
  }
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead < 0xE0) {
    return more(1) ? 2 : 0;
  }
  const std::uint32_t front = lead << 8 | byte(1);
  if (lead >= 0xE0 && lead < 0xF0) {
    return more(1) && more(2) && front >= 0xE0A0 && (front < 0xEDA0 || front > 0xEDBF) ? 3 : 0;
  }
  return lead >= 0xF0 && more(1) && more(2) && more(3) && front >= 0xF090 && front < 0xF490 ? 4 : 0;
}

}  // namespace gabion::inspect::http
