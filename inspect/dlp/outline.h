// What a shape demands of a text at a glance: digits, letters and marks at fixed places, as bits of one word.
#pragma once

#include <bit>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "inspect/dlp/checks/text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gabion::inspect::dlp {

/// The first bytes of a text by kind; bit n is byte n. What is behind the end of the text is of no kind.
struct Outline {
  static constexpr std::size_t kBytes = 32;

  std::uint32_t digits = 0;
  std::uint32_t letters = 0;
  std::uint32_t marks = 0;    ///< other ASCII
  std::uint32_t unknown = 0;  ///< from the first byte beyond ASCII on: characters there may be wide, or none

  [[nodiscard]] static Outline of(std::string_view text) noexcept;
};

/// Bytes that must be of a kind where a shape begins. Necessary and not sufficient.
struct OutlineNeed {
  std::uint32_t digits = 0;
  std::uint32_t letters = 0;
  std::uint32_t either = 0;  ///< a digit or a letter
  std::uint32_t marks = 0;

  /// So many bytes from `at` on, as far as they are looked at, are among these.
  void add(const std::bitset<128>& accepts, std::size_t at, std::size_t count) noexcept;

  [[nodiscard]] bool may_fit(const Outline& text) const noexcept {
    const std::uint32_t missing = (digits & ~text.digits) | (letters & ~text.letters) |
                                  (either & ~(text.digits | text.letters)) | (marks & ~text.marks);
    return (missing & ~text.unknown) == 0;
  }
};

inline void OutlineNeed::add(const std::bitset<128>& accepts, std::size_t at, std::size_t count) noexcept {
  bool has_digits = false;
  bool has_letters = false;
  bool has_marks = false;
  for (std::size_t code = 0; code < accepts.size(); ++code) {
    const char c = static_cast<char>(code);
    has_digits = has_digits || (accepts[code] && is_digit(c));
    has_letters = has_letters || (accepts[code] && is_letter(c));
    has_marks = has_marks || (accepts[code] && !is_digit(c) && !is_letter(c));
  }
  for (; count > 0 && at < Outline::kBytes; --count, ++at) {
    const std::uint32_t bit = std::uint32_t{1} << at;
    digits |= has_digits && !has_letters && !has_marks ? bit : 0;
    letters |= has_letters && !has_digits && !has_marks ? bit : 0;
    either |= has_digits && has_letters && !has_marks ? bit : 0;
    marks |= has_marks && !has_digits && !has_letters ? bit : 0;
  }
}

inline Outline Outline::of(std::string_view text) noexcept {
  Outline outline;
#if defined(__SSE2__)
  constexpr std::size_t kBlock = 16;
  alignas(kBlock) char padded[kBytes];
  const char* bytes = text.data();
  if (text.size() < kBytes) {
    std::memset(padded, 0, sizeof padded);
    std::memcpy(padded, text.data(), text.size());
    bytes = padded;
  }
  // Signed comparison: bytes from 0x80 on are negative, neither digits nor letters nor marks.
  const auto between = [](__m128i block, char first, char last) {
    return _mm_and_si128(_mm_cmpgt_epi8(block, _mm_set1_epi8(static_cast<char>(first - 1))),
                         _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(last + 1)), block));
  };
  const auto bits = [](__m128i found) { return static_cast<std::uint32_t>(_mm_movemask_epi8(found)); };
  std::uint32_t wide = 0;
  for (unsigned at = 0; at < kBytes; at += kBlock) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at));
    const __m128i digits = between(block, '0', '9');
    const __m128i letters = between(_mm_or_si128(block, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i some = _mm_cmpgt_epi8(block, _mm_setzero_si128());
    outline.digits |= bits(digits) << at;
    outline.letters |= bits(letters) << at;
    outline.marks |= bits(_mm_andnot_si128(_mm_or_si128(digits, letters), some)) << at;
    wide |= bits(block) << at;
  }
#else
  std::uint32_t wide = 0;
  for (std::size_t at = 0; at < kBytes && at < text.size(); ++at) {
    const std::uint32_t bit = 1U << at;
    const char c = text[at];
    outline.digits |= is_digit(c) ? bit : 0;
    outline.letters |= is_letter(c) ? bit : 0;
    outline.marks |= static_cast<signed char>(c) > 0 && !is_digit(c) && !is_letter(c) ? bit : 0;
    wide |= static_cast<unsigned char>(c) >= 0x80 ? bit : 0;
  }
#endif
  outline.unknown = wide == 0 ? 0 : ~std::uint32_t{0} << static_cast<unsigned>(std::countr_zero(wide));
  return outline;
}

}  // namespace gabion::inspect::dlp
