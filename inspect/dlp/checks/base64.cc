// Six bits a character.
#include "inspect/dlp/checks/base64.h"

#include <cstdint>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr unsigned kForeign = 64;

unsigned six_bits(char c, Base64 alphabet) noexcept {
  if (c >= 'A' && c <= 'Z') {
    return static_cast<unsigned>(c - 'A');
  }
  if (c >= 'a' && c <= 'z') {
    return static_cast<unsigned>(c - 'a') + 26;
  }
  if (is_digit(c)) {
    return digit_value(c) + 52;
  }
  const bool url = alphabet == Base64::kUrl;
  return c == (url ? '-' : '+') ? 62 : c == (url ? '_' : '/') ? 63 : kForeign;
}

std::string_view without_padding(std::string_view text) noexcept {
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) {
      text.remove_suffix(1);
    }
  }
  return text;
}

}  // namespace

std::optional<std::size_t> decode_base64(std::string_view text, Base64 alphabet, std::span<char> out) noexcept {
  if (alphabet == Base64::kStandard) {
    text = without_padding(text);
  }
  if (text.size() % 4 == 1 || text.size() / 4 * 3 + (text.size() % 4 + 1) / 2 > out.size()) {
    return std::nullopt;
  }
  std::size_t written = 0;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const unsigned value = six_bits(c, alphabet);
    if (value == kForeign) {
      return std::nullopt;
    }
    bits = (bits << 6 | value) & 0xFFFFU;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[written++] = static_cast<char>(bits >> held & 0xFFU);
    }
  }
  return written;
}

bool is_base64(char c) noexcept {
  return six_bits(c, Base64::kStandard) != kForeign;
}

}  // namespace gabion::inspect::dlp
