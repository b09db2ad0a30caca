// Integers in text as ModSecurity v3's operators and setvar read them.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace gabion::inspect::waf::operators {

/// The integer at the start of `text`, after blanks and a sign; 0 when there is none. Saturates.
[[nodiscard]] constexpr std::int64_t integer_of(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size() && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r'))) {
    ++i;
  }
  const bool negative = i < text.size() && text[i] == '-';
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) {
    ++i;
  }
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::int64_t value = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    const std::int64_t digit = text[i] - '0';
    value = value > (kMost - digit) / 10 ? kMost : value * 10 + digit;
  }
  return negative ? -value : value;
}

/// What setvar and @eq see: beyond 32 bits it is no number, so 0.
[[nodiscard]] constexpr std::int64_t small_integer(std::int64_t value) noexcept {
  return value > std::numeric_limits<std::int32_t>::max() || value < std::numeric_limits<std::int32_t>::min() ? 0
                                                                                                              : value;
}

}  // namespace gabion::inspect::waf::operators
