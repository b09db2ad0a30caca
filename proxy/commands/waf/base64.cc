// Four letters become three bytes.
#include "proxy/commands/waf/base64.h"

#include <cstdint>

namespace gabion::proxy::waf {
namespace {

int digit_of(char c) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto found = kAlphabet.find(c);
  return found == std::string_view::npos ? -1 : static_cast<int>(found);
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int filled = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) {
      return std::nullopt;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    filled += 6;
    if (filled >= 8) {
      filled -= 8;
      bytes.push_back(static_cast<char>(bits >> static_cast<unsigned>(filled) & 0xffU));
    }
  }
  return bytes;
}

}  // namespace gabion::proxy::waf
