// Searches for one of two bytes, sixteen at a time where the processor can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

namespace gabion::inspect::dlp {

/// Position of the first `a` or `b`; text.size(): none.
[[nodiscard]] inline std::size_t find_either(std::string_view text, char a, char b) noexcept {
  std::size_t at = 0;
#if defined(__SSE2__)
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const int hits = _mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(a)), _mm_cmpeq_epi8(block, _mm_set1_epi8(b))));
    if (hits != 0) {
      return at + static_cast<std::size_t>(std::countr_zero(static_cast<std::uint32_t>(hits)));
    }
  }
#endif
  while (at < text.size() && text[at] != a && text[at] != b) {
    ++at;
  }
  return at;
}

/// Position of the first byte that is `a`; text.size(): none. For short stretches: no call, no set-up.
[[nodiscard]] inline std::size_t find_near(std::string_view text, char a) noexcept {
  return find_either(text, a, a);
}

/// Position of the last `a` or `b`; text.size(): none.
[[nodiscard]] inline std::size_t rfind_either(std::string_view text, char a, char b) noexcept {
  for (std::size_t at = text.size(); at > 0; --at) {
    if (text[at - 1] == a || text[at - 1] == b) {
      return at - 1;
    }
  }
  return text.size();
}

}  // namespace gabion::inspect::dlp
