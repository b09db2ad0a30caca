// One byte after another, words of ASCII at once: see utf8_check.h.
#include "proxy/protocol/websocket/utf8_check.h"

#include <cstring>

namespace gabion::proxy::websocket {

bool Utf8Check::begin(std::uint8_t byte) noexcept {
  least_ = 0x80;
  most_ = 0xBF;
  if (byte < 0x80) {
    return true;
  }
  if (byte >= 0xC2 && byte <= 0xDF) {
    missing_ = 1;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    missing_ = 2;
    least_ = byte == 0xE0 ? 0xA0 : 0x80;
    most_ = byte == 0xED ? 0x9F : 0xBF;
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    missing_ = 3;
    least_ = byte == 0xF0 ? 0x90 : 0x80;
    most_ = byte == 0xF4 ? 0x8F : 0xBF;
  } else {
    return false;
  }
  return true;
}

bool Utf8Check::feed(std::string_view bytes) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (missing_ == 0 && bytes.size() - i >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, sizeof(word));
      if ((word & kHighBits) == 0) {
        i += sizeof(word);
        continue;
      }
    }
    const auto byte = static_cast<std::uint8_t>(bytes[i++]);
    if (missing_ == 0) {
      if (!begin(byte)) {
        return false;
      }
      continue;
    }
    if (byte < least_ || byte > most_) {
      return false;
    }
    --missing_;
    least_ = 0x80;
    most_ = 0xBF;
  }
  return true;
}

}  // namespace gabion::proxy::websocket
