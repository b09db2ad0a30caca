// Finds digits sixteen bytes at a time; the rest of a token is read byte by byte.
#include "inspect/dlp/token.h"

#include "inspect/dlp/shape.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gabion::inspect::dlp {
namespace {

constexpr auto kWideLead = static_cast<char>(0xEF);

constexpr bool is_anchor(char c) noexcept {
  return is_digit(c) || c == '@' || c == kWideLead;
}

/// Bytes of the zero-width character that ends before `at`; 0: none.
std::size_t zero_width_before(const HeldText& text, FlatOffset at) noexcept {
  for (const std::size_t width : {std::size_t{3}, std::size_t{2}}) {
    if (at < width) {
      continue;
    }
    const char bytes[] = {text.at(at - width), text.at(at - width + 1), width == 3 ? text.at(at - 1) : '\0'};
    if (zero_width_at({bytes, width}, 0) == width) {
      return width;
    }
  }
  return 0;
}

/// Where the token character before `at` begins; `at` itself: there is none.
FlatOffset step_back(const HeldText& text, FlatOffset at) noexcept {
  FlatOffset end = at;
  while (end > 0) {
    const char c = text.at(end - 1);
    if (is_token_byte(c)) {
      return end - 1;
    }
    if (static_cast<unsigned char>(c) < 0x80 || at - end > kMaxFoldedBytes) {
      return at;
    }
    if (end >= 3 && is_wide_digit(text, end - 3)) {
      return end - 3;
    }
    const std::size_t skipped = zero_width_before(text, end);
    if (skipped == 0) {
      return at;
    }
    end -= skipped;
  }
  return at;
}

}  // namespace

std::size_t find_anchor(std::string_view text, std::size_t from) noexcept {
  std::size_t at = from;
#if defined(__SSE2__)
  constexpr std::size_t kBlock = 16;
  const __m128i below = _mm_set1_epi8('0' - 1);
  const __m128i above = _mm_set1_epi8('9' + 1);
  const __m128i at_sign = _mm_set1_epi8('@');
  const __m128i wide = _mm_set1_epi8(kWideLead);
  for (; at + kBlock <= text.size(); at += kBlock) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // Signed comparison: bytes from 0x80 on are negative and no digits.
    const __m128i digits = _mm_and_si128(_mm_cmpgt_epi8(block, below), _mm_cmpgt_epi8(above, block));
    const __m128i others = _mm_or_si128(_mm_cmpeq_epi8(block, at_sign), _mm_cmpeq_epi8(block, wide));
    const int mask = _mm_movemask_epi8(_mm_or_si128(digits, others));
    if (mask != 0) {
      return at + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
    }
  }
#endif
  while (at < text.size() && !is_anchor(text[at])) {
    ++at;
  }
  return at;
}

bool is_wide_digit(const HeldText& text, FlatOffset at) noexcept {
  const auto third = static_cast<unsigned char>(text.at(at + 2));
  return text.at(at) == kWideLead && static_cast<unsigned char>(text.at(at + 1)) == 0xBC && third >= 0x90 &&
         third <= 0x99;
}

FlatOffset token_end(const HeldText& text, FlatOffset at) noexcept {
  while (at < text.end()) {
    if (is_token_byte(text.at(at))) {
      ++at;
      continue;
    }
    if (static_cast<unsigned char>(text.at(at)) < 0x80) {
      break;
    }
    const Folded next = folded_at(text.from(at, kMaxValueBytes), 0);
    if (!is_token_byte(next.c)) {
      break;
    }
    at += next.width;
  }
  return at;
}

Token token_around(const HeldText& text, FlatOffset digit) noexcept {
  Token token{.begin = digit, .end = digit};
  for (FlatOffset before = step_back(text, token.begin); before != token.begin; before = step_back(text, token.begin)) {
    if (digit - before > kMaxBytesBeforeDigit) {
      token.is_too_long = true;
      token.end = token_end(text, digit);
      return token;
    }
    token.begin = before;
    ++token.length;
    token.is_digits = token.is_digits && (is_digit(text.at(before)) || text.at(before) == kWideLead);
  }
  while (token.end < text.end()) {
    const char c = text.at(token.end);
    const Folded next =
        static_cast<unsigned char>(c) < 0x80 ? Folded{c, 1} : folded_at(text.from(token.end, kMaxFoldedBytes), 0);
    if (!is_token_byte(next.c)) {
      break;
    }
    token.is_digits = token.is_digits && is_digit(next.c);
    token.end += next.width;
    if (++token.length > kMaxValueBytes || token.end - token.begin > kMaxValueBytes) {
      token.is_too_long = true;
      token.end = token_end(text, token.end);
      break;
    }
  }
  return token;
}

bool has_clean_edges(const HeldText& text, FlatOffset begin, FlatOffset end) noexcept {
  const char before = text.before(begin);
  if (is_token_byte(before) || before == '-' || before == '.' || (begin >= 3 && is_wide_digit(text, begin - 3))) {
    return false;
  }
  if (end >= text.end()) {
    return true;
  }
  const Folded next = folded_at(text.from(end, kMaxFoldedBytes), 0);
  if (is_token_byte(next.c) || next.c == '-') {
    return false;
  }
  return next.c != '.' || !is_token_byte(text.at(end + next.width));
}

}  // namespace gabion::inspect::dlp
