// Runs of digits and letters that hold a digit: what most identities are made of.
#pragma once

#include "inspect/dlp/held_text.h"
#include "inspect/dlp/outline.h"

namespace gabion::inspect::dlp {

/// Where the next byte stands at which a value may have to be looked for: a digit, '@', or the first byte of what may
/// be a full-width digit. text.size(): nowhere.
[[nodiscard]] std::size_t find_anchor(std::string_view text, std::size_t from) noexcept;

struct Token {
  FlatOffset begin = 0;
  FlatOffset end = 0;
  std::size_t length = 0;  ///< characters
  bool is_digits = true;
  bool is_too_long = false;  ///< no value is so long; `end` may be the end of what was given
  Outline outline{};         ///< of the text from `begin` on, unless it is too long
};

/// How far before its first digit a token may begin.
inline constexpr std::size_t kMaxBytesBeforeDigit = 104;

/// How far is looked through zero-width characters beside a token.
inline constexpr std::size_t kMaxFoldedBytes = 24;

/// The token around the digit at `digit`.
[[nodiscard]] Token token_around(const HeldText& text, FlatOffset digit) noexcept;

/// Whether a full-width digit begins there.
[[nodiscard]] bool is_wide_digit(const HeldText& text, FlatOffset at) noexcept;

/// Behind the last byte of the token that goes on at `at`.
[[nodiscard]] FlatOffset token_end(const HeldText& text, FlatOffset at) noexcept;

/// A value that begins or ends here stands alone: no letter, digit or '-' beside it, no '.' before, and none behind
/// that goes on.
[[nodiscard]] bool has_clean_edges(const HeldText& text, FlatOffset begin, FlatOffset end) noexcept;

}  // namespace gabion::inspect::dlp
