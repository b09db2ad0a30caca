// Luhn, Verhoeff and the systems of ISO/IEC 7064.
#include "inspect/dlp/checks/checksums.h"

#include <cstddef>
#include <cstdint>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

// Multiplication in D5: reflections are 5 to 9.
constexpr unsigned dihedral(unsigned a, unsigned b) noexcept {
  const unsigned turn = b % 5;
  if (a < 5) {
    return (a + turn) % 5 + (b < 5 ? 0 : 5);
  }
  return (a - 5 + 5 - turn) % 5 + (b < 5 ? 5 : 0);
}

// Verhoeff's permutation; row n is the first applied n times.
constexpr std::uint8_t kPermutation[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};

constexpr unsigned permuted(unsigned digit, std::size_t times) noexcept {
  for (std::size_t i = 0; i < times % 8; ++i) {
    digit = kPermutation[digit];
  }
  return digit;
}

bool digits_then_digit_or_x(std::string_view cleaned) noexcept {
  return cleaned.size() >= 2 && all_digits(cleaned.substr(0, cleaned.size() - 1)) &&
         (is_digit(cleaned.back()) || upper(cleaned.back()) == 'X');
}

}  // namespace

bool passes_luhn(std::string_view digits) noexcept {
  unsigned sum = 0;
  bool doubled = false;
  for (std::size_t i = digits.size(); i > 0; --i) {
    if (!is_digit(digits[i - 1])) {
      return false;
    }
    unsigned digit = digit_value(digits[i - 1]);
    if (doubled) {
      digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    }
    sum = (sum + digit) % 10;
    doubled = !doubled;
  }
  return !digits.empty() && sum == 0;
}

bool passes_mod11(std::string_view cleaned) noexcept {
  if (!digits_then_digit_or_x(cleaned)) {
    return false;
  }
  unsigned sum = is_digit(cleaned.back()) ? digit_value(cleaned.back()) : 10;
  unsigned weight = 2;
  for (std::size_t i = cleaned.size() - 1; i > 0; --i) {
    sum = (sum + digit_value(cleaned[i - 1]) * weight) % 11;
    weight = weight == 10 ? 1 : weight + 1;
  }
  return sum == 0;
}

unsigned remainder97(std::string_view cleaned, unsigned before) noexcept {
  for (const char c : cleaned) {
    const unsigned value = base36_value(c);
    before = (before * (value < 10 ? 10 : 100) + value) % 97;
  }
  return before;
}

bool passes_mod97(std::string_view cleaned) noexcept {
  for (const char c : cleaned) {
    if (!is_digit(c) && !is_letter(c)) {
      return false;
    }
  }
  return cleaned.size() >= 3 && remainder97(cleaned) == 1;
}

bool passes_verhoeff(std::string_view digits) noexcept {
  if (digits.size() < 2 || !all_digits(digits)) {
    return false;
  }
  unsigned check = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    check = dihedral(check, permuted(digit_value(digits[digits.size() - 1 - i]), i));
  }
  return check == 0;
}

bool passes_iso7064_mod11_10(std::string_view digits) noexcept {
  if (digits.size() < 2 || !all_digits(digits)) {
    return false;
  }
  unsigned product = 10;
  for (const char c : digits.substr(0, digits.size() - 1)) {
    const unsigned sum = (digit_value(c) + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return (product + digit_value(digits.back())) % 10 == 1;
}

bool passes_iso7064_mod11_2(std::string_view cleaned) noexcept {
  if (!digits_then_digit_or_x(cleaned)) {
    return false;
  }
  unsigned product = 0;
  for (const char c : cleaned.substr(0, cleaned.size() - 1)) {
    product = (product + digit_value(c)) * 2 % 11;
  }
  return (product + (is_digit(cleaned.back()) ? digit_value(cleaned.back()) : 10)) % 11 == 1;
}

}  // namespace gabion::inspect::dlp
