// SSN, SIN and CURP.
#include "inspect/dlp/checks/ids_north_america.h"

#include <cstddef>

#include "inspect/dlp/checks/checksums.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

// The 32 states of Mexico and NE, born abroad.
constexpr std::string_view kMexicanStates = "ASBCBSCCCLCMCSCHDFDGGTGRHGJCMCMNMSNTNLOCPLQTQRSPSLSRTCTSTLVZYNZSNE";

bool is_mexican_state(std::string_view two_letters) noexcept {
  for (std::size_t i = 0; i < kMexicanStates.size(); i += 2) {
    if (upper(two_letters[0]) == kMexicanStates[i] && upper(two_letters[1]) == kMexicanStates[i + 1]) {
      return true;
    }
  }
  return false;
}

// The alphabet holds Ñ between N and O, though no CURP does.
unsigned curp_value(char c) noexcept {
  const unsigned value = base36_value(c);
  return upper(c) > 'N' ? value + 1 : value;
}

bool is_vowel_or_x(char c) noexcept {
  return std::string_view("AEIOUX").find(upper(c)) != std::string_view::npos;
}

bool is_consonant(char c) noexcept {
  return std::string_view("AEIOU").find(upper(c)) == std::string_view::npos;
}

}  // namespace

bool is_us_ssn(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 9) || digits == "078051120" || digits == "219099999" || digits == "123456789") {
    return false;
  }
  const unsigned area = number(digits.substr(0, 3));
  return area != 0 && area != 666 && area < 900 && digits.substr(3, 2) != "00" && digits.substr(5) != "0000";
}

bool is_ca_sin(std::string_view digits) noexcept {
  return digits_of_length(digits, 9) && digits.front() != '0' && digits.front() != '8' && passes_luhn(digits);
}

bool is_mx_curp(std::string_view cleaned) noexcept {
  if (!has_shape(cleaned, "aaaannnnnnaaaaaacn") || !is_vowel_or_x(cleaned[1])) {
    return false;
  }
  const unsigned century = is_digit(cleaned[16]) ? 1900 : 2000;
  const bool born =
      is_date(century + number(cleaned.substr(4, 2)), number(cleaned.substr(6, 2)), number(cleaned.substr(8, 2)));
  const char sex = upper(cleaned[10]);
  if (!born || (sex != 'H' && sex != 'M' && sex != 'X') || !is_mexican_state(cleaned.substr(11, 2)) ||
      !is_consonant(cleaned[13]) || !is_consonant(cleaned[14]) || !is_consonant(cleaned[15])) {
    return false;
  }
  unsigned sum = 0;
  for (unsigned i = 0; i < 17; ++i) {
    sum += curp_value(cleaned[i]) * (18 - i);
  }
  return (10 - sum % 10) % 10 == digit_value(cleaned[17]);
}

}  // namespace gabion::inspect::dlp
