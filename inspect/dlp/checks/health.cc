// NHS, Medicare of both countries, NPI and DEA.
#include "inspect/dlp/checks/health.h"

#include <array>
#include <cstddef>

#include "inspect/dlp/checks/checksums.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {

bool is_uk_nhs(std::string_view digits) noexcept {
  return digits_of_length(digits, 10) && !one_repeated(digits) && passes_mod11(digits);
}

bool is_au_medicare(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 10) && !digits_of_length(digits, 11)) {
    return false;
  }
  return digits[0] >= '2' && digits[0] <= '6' && digits[9] != '0' &&
         weighted_sum(digits, std::array{1, 3, 7, 9, 1, 3, 7, 9}) % 10 == digit_value(digits[8]);
}

bool is_us_mbi(std::string_view cleaned) noexcept {
  if (!has_shape(cleaned, "nacnacnaann") || cleaned[0] == '0') {
    return false;
  }
  for (const char c : cleaned) {
    if (std::string_view("SLOIBZ").find(upper(c)) != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool is_us_npi(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 10) || (digits[0] != '1' && digits[0] != '2') || one_repeated(digits.substr(0, 9))) {
    return false;
  }
  std::array<char, 15> prefixed{'8', '0', '8', '4', '0'};
  for (std::size_t i = 0; i < digits.size(); ++i) {
    prefixed[5 + i] = digits[i];
  }
  return passes_luhn({prefixed.data(), prefixed.size()});
}

bool is_us_dea(std::string_view cleaned) noexcept {
  const bool shaped = has_shape(cleaned, "aannnnnnn") || has_shape(cleaned, "a9nnnnnnn");
  if (!shaped || std::string_view("ABCDEFGHJKLMPRSTUX").find(upper(cleaned[0])) == std::string_view::npos) {
    return false;
  }
  return weighted_sum(cleaned.substr(2), std::array{1, 2, 1, 2, 1, 2}) % 10 == digit_value(cleaned[8]);
}

}  // namespace gabion::inspect::dlp
