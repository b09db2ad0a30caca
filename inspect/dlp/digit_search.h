// The first byte of interest in a text of which most is none: digits, and what else is asked for.
#pragma once

#include <cstddef>
#include <string_view>

#include "inspect/dlp/checks/text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gabion::inspect::dlp {

/// Where the next digit or one of `kOthers` stands at or behind `from`; text.size(): nowhere.
template <char... kOthers>
[[nodiscard]] std::size_t find_digit_or(std::string_view text, std::size_t from) noexcept {
  std::size_t at = from;
#if defined(__SSE2__)
  constexpr std::size_t kBlock = 16;
  const __m128i below = _mm_set1_epi8('0' - 1);
  const __m128i above = _mm_set1_epi8('9' + 1);
  for (; at + kBlock <= text.size(); at += kBlock) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // Signed comparison: bytes from 0x80 on are negative and no digits.
    __m128i found = _mm_and_si128(_mm_cmpgt_epi8(block, below), _mm_cmpgt_epi8(above, block));
    ((found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8(kOthers)))), ...);
    const int mask = _mm_movemask_epi8(found);
    if (mask != 0) {
      return at + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
    }
  }
#endif
  while (at < text.size() && !is_digit(text[at]) && !((text[at] == kOthers) || ...)) {
    ++at;
  }
  return at;
}

}  // namespace gabion::inspect::dlp
