// Finds digits sixteen bytes at a time; the rest of a token is read byte by byte.
#include "inspect/dlp/token.h"

#include <bit>
#include <optional>

#include "inspect/dlp/digit_search.h"
#include "inspect/dlp/shape.h"

namespace gabion::inspect::dlp {
namespace {

constexpr auto kWideLead = static_cast<char>(0xEF);

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
  return find_digit_or<'@', kWideLead>(text, from);
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

namespace {

/// Most tokens: short, ASCII around them, and here. Nothing: another one.
std::optional<Token> short_token_around(const HeldText& text, FlatOffset digit) noexcept {
  const std::string_view flat = text.flat;
  auto begin = static_cast<std::size_t>(digit - text.base);
  while (begin > 0 && is_token_byte(flat[begin - 1]) && digit - text.base - begin < Outline::kBytes) {
    --begin;
  }
  const bool begins_here =
      begin > 0 ? static_cast<signed char>(flat[begin - 1]) >= 0 && !is_token_byte(flat[begin - 1]) : text.base == 0;
  const Outline outline = Outline::of(flat.substr(begin));
  const std::uint32_t others = ~(outline.digits | outline.letters);
  const std::uint32_t is_behind = others & (~others + 1);  // the first byte behind the token
  if (!begins_here || is_behind == 0 || (outline.unknown & is_behind) != 0) {
    return std::nullopt;
  }
  const std::uint32_t of_token = is_behind - 1;
  const auto length = static_cast<std::size_t>(std::countr_zero(is_behind));
  return Token{.begin = text.base + begin,
               .end = text.base + begin + length,
               .length = length,
               .is_digits = (outline.digits & of_token) == of_token,
               .outline = outline};
}

}  // namespace

Token token_around(const HeldText& text, FlatOffset digit) noexcept {
  if (const auto found = short_token_around(text, digit)) {
    return *found;
  }
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
      return token;
    }
  }
  if (token.begin >= text.base) {
    token.outline = Outline::of(text.from(token.begin, Outline::kBytes));
  } else {
    token.outline.unknown = ~std::uint32_t{0};
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
