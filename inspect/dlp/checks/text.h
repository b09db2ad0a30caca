// Digits, letters and dates in text of fixed width: what the checks of every family start from.
#pragma once

#include <cstddef>
#include <string_view>

namespace gabion::inspect::dlp {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
[[nodiscard]] constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr bool is_hex(char c) noexcept {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

/// True for one digit or more and nothing else.
[[nodiscard]] constexpr bool all_digits(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_digit(c)) {
      return false;
    }
  }
  return !text.empty();
}
[[nodiscard]] constexpr bool digits_of_length(std::string_view text, std::size_t length) noexcept {
  return text.size() == length && all_digits(text);
}

/// True when every character is the first one. False for "".
[[nodiscard]] constexpr bool one_repeated(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of(text.front()) == std::string_view::npos;
}

/// REQUIRES: is_digit(c).
[[nodiscard]] constexpr unsigned digit_value(char c) noexcept {
  return static_cast<unsigned>(c - '0');
}
/// 0-9, then A = 10 to Z = 35 in either case. REQUIRES: a digit or a letter.
[[nodiscard]] constexpr unsigned base36_value(char c) noexcept {
  return is_digit(c) ? digit_value(c) : static_cast<unsigned>(upper(c) - 'A') + 10;
}
/// REQUIRES: at most nine digits and nothing else.
[[nodiscard]] constexpr unsigned number(std::string_view digits) noexcept {
  unsigned value = 0;
  for (const char c : digits) {
    value = value * 10 + digit_value(c);
  }
  return value;
}

/// Sum of digit times weight, from the left, as far as both reach. REQUIRES: digits.
template <typename Weights>
[[nodiscard]] constexpr unsigned weighted_sum(std::string_view digits, const Weights& weights) noexcept {
  unsigned sum = 0;
  std::size_t at = 0;
  for (const auto weight : weights) {
    if (at == digits.size()) {
      break;
    }
    sum += digit_value(digits[at++]) * static_cast<unsigned>(weight);
  }
  return sum;
}

/// Of each month, in a year that is not a leap year.
inline constexpr unsigned kDaysOfMonth[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/// A day of the Gregorian calendar.
[[nodiscard]] constexpr bool is_date(unsigned year, unsigned month, unsigned day) noexcept {
  if (month < 1 || month > 12 || day < 1) {
    return false;
  }
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDaysOfMonth[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/// A day whose century is not written: the twenty-ninth of February passes when the year can be a leap year.
[[nodiscard]] constexpr bool is_date_without_century(unsigned year, unsigned month, unsigned day) noexcept {
  return is_date(2000 + year, month, day);
}

/// True when `text` has the shape: 'n' a digit, 'a' a letter, 'c' either, anything else itself in either case.
[[nodiscard]] constexpr bool has_shape(std::string_view text, std::string_view shape) noexcept {
  if (text.size() != shape.size()) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char wanted = shape[i];
    const bool fits = wanted == 'n'   ? is_digit(c)
                      : wanted == 'a' ? is_letter(c)
                      : wanted == 'c' ? is_digit(c) || is_letter(c)
                                      : upper(c) == wanted;
    if (!fits) {
      return false;
    }
  }
  return true;
}

}  // namespace gabion::inspect::dlp
