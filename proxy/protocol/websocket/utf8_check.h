// Whether a text that comes in pieces is UTF-8 (RFC 3629), known at the first byte that cannot be.
#pragma once

#include <cstdint>
#include <string_view>

namespace gabion::proxy::websocket {

class Utf8Check {
 public:
  /// More of the text. False: it is no UTF-8, whatever follows.
  [[nodiscard]] bool feed(std::string_view bytes) noexcept;
  /// The text may end here: no character is incomplete.
  [[nodiscard]] bool is_complete() const noexcept { return missing_ == 0; }
  void reset() noexcept { *this = Utf8Check(); }

 private:
  [[nodiscard]] bool begin(std::uint8_t byte) noexcept;

  std::uint8_t missing_ = 0;   ///< continuation bytes of the character under way
  std::uint8_t least_ = 0x80;  ///< what the next of them may be: no overlong form, no surrogate, nothing above U+10FFFF
  std::uint8_t most_ = 0xBF;
};

}  // namespace gabion::proxy::websocket
