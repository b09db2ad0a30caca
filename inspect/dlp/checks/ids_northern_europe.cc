// PESEL, personnummer and henkilötunnus: dates with a check.
#include "inspect/dlp/checks/ids_northern_europe.h"

#include <array>

#include "inspect/dlp/checks/checksums.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::array<unsigned, 5> kPeselCenturies{1900, 2000, 2100, 2200, 1800};

// 0: no sign of a century.
unsigned finnish_century(char sign) noexcept {
  if (sign == '+') {
    return 1800;
  }
  if (sign >= 'A' && sign <= 'F') {
    return 2000;
  }
  return sign == '-' || (sign >= 'U' && sign <= 'Y') ? 1900 : 0;
}

}  // namespace

bool is_pl_pesel(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 11) || weighted_sum(digits, std::array{1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1}) % 10 != 0) {
    return false;
  }
  const unsigned month = number(digits.substr(2, 2));
  return is_date(kPeselCenturies[month / 20] + number(digits.substr(0, 2)), month % 20, number(digits.substr(4, 2)));
}

bool is_se_personnummer(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 10) && !digits_of_length(digits, 12)) {
    return false;
  }
  const std::string_view ten = digits.substr(digits.size() - 10);
  const unsigned year = number(ten.substr(0, 2));
  const unsigned month = number(ten.substr(2, 2));
  const unsigned written_day = number(ten.substr(4, 2));
  const unsigned day = written_day > 60 ? written_day - 60 : written_day;
  if (digits.size() == 10) {
    return is_date_without_century(year, month, day) && passes_luhn(ten);
  }
  const unsigned century = number(digits.substr(0, 2));
  return century >= 18 && century <= 20 && is_date(century * 100 + year, month, day) && passes_luhn(ten);
}

bool is_fi_hetu(std::string_view cleaned) noexcept {
  if (cleaned.size() != 11 || !all_digits(cleaned.substr(0, 6)) || !all_digits(cleaned.substr(7, 3))) {
    return false;
  }
  const unsigned century = finnish_century(upper(cleaned[6]));
  const unsigned individual = number(cleaned.substr(7, 3));
  if (century == 0 || individual < 2 ||
      !is_date(century + number(cleaned.substr(4, 2)), number(cleaned.substr(2, 2)), number(cleaned.substr(0, 2)))) {
    return false;
  }
  const unsigned value = number(cleaned.substr(0, 6)) * 1000 + individual;
  return "0123456789ABCDEFHJKLMNPRSTUVWXY"[value % 31] == upper(cleaned[10]);
}

}  // namespace gabion::inspect::dlp
