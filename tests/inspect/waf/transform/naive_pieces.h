// Rewriting a text piece by piece, as the naive transformations do.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gabion::inspect::waf::transform::naive {

inline constexpr std::string_view kHexDigits = "0123456789ABCDEFabcdef";
inline constexpr std::string_view kOctalDigits = "01234567";
inline constexpr std::string_view kSpaces = " \t\n\v\f\r";

/// How many bytes are taken off the front, and what is written for them.
struct Piece {
  std::size_t taken;
  std::string written;
};

/// `rule` gets the rest, which is not empty, and returns a Piece.
template <typename Rule>
std::string rewrite(std::string_view rest, Rule rule) {
  std::string out;
  while (!rest.empty()) {
    const Piece piece = rule(rest);
    out += piece.written;
    rest.remove_prefix(piece.taken);
  }
  return out;
}

inline Piece first_byte(std::string_view rest) {
  return {1, std::string(rest.substr(0, 1))};
}

/// The longest front of `rest` made of `allowed`, `most` bytes at most.
inline std::string front_of(std::string_view rest, std::string_view allowed, std::size_t most) {
  const std::string_view window = rest.substr(0, most);
  return std::string(window.substr(0, std::min(window.find_first_not_of(allowed), window.size())));
}

inline std::string byte(unsigned long number) {
  return std::string(1, static_cast<char>(number & 0xFFU));
}

/// The low byte of four digits; FFxx folds to ASCII.
inline std::string folded(const std::string& digits) {
  const unsigned long code = std::stoul(digits, nullptr, 16);
  const unsigned long low = code & 0xFFU;
  return byte(code >> 8U == 0xFFU && low > 0 && low < 0x5F ? low + 0x20 : low);
}

}  // namespace gabion::inspect::waf::transform::naive
