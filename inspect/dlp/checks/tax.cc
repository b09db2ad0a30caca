// ITIN groups, EIN prefixes, TFN weights.
#include "inspect/dlp/checks/tax.h"

#include <array>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {

bool is_us_itin(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 9) || digits.front() != '9') {
    return false;
  }
  const unsigned group = number(digits.substr(3, 2));
  return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group <= 92) || group >= 94;
}

bool is_us_ein(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 9)) {
    return false;
  }
  for (const unsigned unused : {0U, 7U, 8U, 9U, 17U, 18U, 19U, 28U, 29U, 49U, 69U, 70U, 78U, 79U, 89U, 96U, 97U}) {
    if (number(digits.substr(0, 2)) == unused) {
      return false;
    }
  }
  return true;
}

bool is_au_tfn(std::string_view digits) noexcept {
  if (digits.size() < 8 || digits.size() > 9 || !all_digits(digits) || one_repeated(digits)) {
    return false;
  }
  const unsigned sum = digits.size() == 9 ? weighted_sum(digits, std::array{1, 4, 3, 7, 5, 8, 6, 9, 10})
                                          : weighted_sum(digits, std::array{10, 7, 8, 4, 6, 3, 5, 1});
  return sum % 11 == 0;
}

}  // namespace gabion::inspect::dlp
