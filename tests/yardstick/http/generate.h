// Bodies for comparison: random, yet the same in every run, made of pieces that parsers disagree about.
#pragma once

#include <random>
#include <span>
#include <string>
#include <string_view>

namespace gabion::yardstick {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  [[nodiscard]] std::size_t below(std::size_t bound) { return random_() % bound; }
  [[nodiscard]] bool one_in(std::size_t n) { return below(n) == 0; }
  [[nodiscard]] std::string_view pick(std::span<const std::string_view> pieces) { return pieces[below(pieces.size())]; }

  /// Up to `most` pieces in a row.
  [[nodiscard]] std::string some(std::span<const std::string_view> pieces, std::size_t most) {
    std::string text;
    for (std::size_t n = below(most + 1); n > 0; --n) {
      text += pick(pieces);
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

/// Printable form of bytes, for messages.
[[nodiscard]] inline std::string shown(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '\\') {
      text += c;
    } else {
      text += std::string("\\x") + kDigits[byte >> 4] + kDigits[byte & 15];
    }
  }
  return text;
}

}  // namespace gabion::yardstick
