// ABA weights and districts; the parts of a BIC.
#include "inspect/dlp/checks/bank.h"

#include <array>

#include "inspect/dlp/checks/iban.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {

bool is_aba_routing(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 9) || one_repeated(digits)) {
    return false;
  }
  const unsigned district = number(digits.substr(0, 2));
  const bool assigned =
      district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72) || district == 80;
  return assigned && weighted_sum(digits, std::array{3, 7, 1, 3, 7, 1, 3, 7, 1}) % 10 == 0;
}

bool is_bic(std::string_view cleaned) noexcept {
  if (!has_shape(cleaned, "aaaaaacc") && !has_shape(cleaned, "aaaaaaccccc")) {
    return false;
  }
  for (const char c : cleaned) {
    if (c != upper(c)) {
      return false;
    }
  }
  return is_country(cleaned.substr(4, 2));
}

}  // namespace gabion::inspect::dlp
