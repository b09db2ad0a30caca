// Strings that HPACK's Huffman code made shorter: see huffman.h.
#include "proxy/protocol/http2/huffman.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace gabion::proxy::http2 {
namespace {

constexpr std::size_t kSymbols = 257;
constexpr std::uint16_t kEos = 256;
constexpr unsigned kLongest = 30;
constexpr unsigned kShortest = 5;
constexpr unsigned kAtOnce = 8;

/// RFC 7541 appendix B: bits of each symbol's code, EOS last. The code is canonical: of one length, codes go up with
/// the symbols, and behind the last code of a length comes, with zeros added, the first of the next.
constexpr std::array<std::uint8_t, kSymbols> kBits = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28,  //
    28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11,  //
    10, 10, 8,  11, 8,  6,  6,  6,  5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,   //
    15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,   //
    7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,  15, 5,  6,  5,   //
    6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,  5,  6,  7,  7,   //
    7,  7,  7,  15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,  //
    23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,  //
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21,  //
    23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25,  //
    26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26,  //
    28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,  //
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
};

struct Code {
  std::array<std::uint16_t, kSymbols> symbols{};       // by length, then by number
  std::array<std::uint32_t, kLongest + 2> begins{};    // the first code of each length, at the top of 32 bits
  std::array<std::uint16_t, kLongest + 2> first_at{};  // its place in `symbols`
};

constexpr Code kCode = [] {
  Code code;
  std::uint64_t next = 0;  // at the top of 32 bits
  std::uint16_t place = 0;
  for (unsigned bits = kShortest; bits <= kLongest; ++bits) {
    code.begins[bits] = static_cast<std::uint32_t>(next);
    code.first_at[bits] = place;
    for (std::size_t symbol = 0; symbol < kSymbols; ++symbol) {
      if (kBits[symbol] == bits) {
        code.symbols[place++] = static_cast<std::uint16_t>(symbol);
        next += std::uint64_t{1} << (32 - bits);
      }
    }
  }
  return code;
}();

struct Short {
  std::uint8_t symbol = 0;
  std::uint8_t bits = 0;  // 0: a longer code begins so
};

/// By the next eight bits.
constexpr auto kShort = [] {
  std::array<Short, std::size_t{1} << kAtOnce> table{};
  std::size_t at = 0;
  for (std::size_t place = 0; place < kSymbols && kBits[kCode.symbols[place]] <= kAtOnce; ++place) {
    const std::uint8_t bits = kBits[kCode.symbols[place]];
    for (std::size_t i = 0; i < std::size_t{1} << (kAtOnce - bits); ++i) {
      table[at++] = {static_cast<std::uint8_t>(kCode.symbols[place]), bits};
    }
  }
  return table;
}();

struct Symbol {
  std::uint16_t symbol;
  unsigned bits;
};

/// `window`: the next 32 bits; a code of more than kAtOnce stands at their top.
Symbol find_long(std::uint32_t window) noexcept {
  unsigned bits = kLongest;
  while (window < kCode.begins[bits]) {
    --bits;
  }
  const std::uint32_t behind_first = (window - kCode.begins[bits]) >> (32 - bits);
  return {kCode.symbols[kCode.first_at[bits] + behind_first], bits};
}

}  // namespace

bool decode_huffman(std::string_view coded, std::string& text) {
  text.resize(coded.size() * 8 / kShortest);
  char* out = text.data();
  std::uint64_t held = 0;  // the next bits, at the top; ones behind them
  unsigned bits = 0;
  std::size_t at = 0;
  constexpr unsigned kAll = 64;
  while (true) {
    while (bits <= kAll - 8 && at < coded.size()) {
      held |= std::uint64_t{static_cast<unsigned char>(coded[at++])} << (kAll - 8 - bits);
      bits += 8;
    }
    const std::uint64_t window = bits == kAll ? held : held | (~std::uint64_t{0} >> bits);
    Symbol found{};
    if (const Short& one = kShort[window >> (kAll - kAtOnce)]; one.bits != 0) {
      found = {one.symbol, one.bits};
    } else {
      found = find_long(static_cast<std::uint32_t>(window >> 32U));
    }
    if (found.bits > bits) {  // only padding is left
      text.resize(static_cast<std::size_t>(out - text.data()));
      return bits < 8 && window == ~std::uint64_t{0};
    }
    if (found.symbol == kEos) {
      return false;
    }
    *out++ = static_cast<char>(found.symbol);
    held <<= found.bits;
    bits -= found.bits;
  }
}

}  // namespace gabion::proxy::http2
