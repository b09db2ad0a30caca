// NINO, NIF, NIE, Steuer-ID, NIR, codice fiscale and BSN.
#include "inspect/dlp/checks/ids_western_europe.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "inspect/dlp/checks/checksums.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

// Of a fiscal code's odd places: 0 and A count the same, 1 and B, …
constexpr std::array<std::uint8_t, 26> kOdd{1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                            20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};

constexpr char spanish_letter(unsigned value) noexcept {
  return "TRWAGMYFPDXBNJZSQVHLCKE"[value % 23];
}

bool repeats_one_digit(std::string_view ten) noexcept {
  std::array<unsigned, 10> seen{};
  for (const char c : ten) {
    ++seen[digit_value(c)];
  }
  unsigned repeated = 0;
  for (const unsigned times : seen) {
    if (times > 3) {
      return false;
    }
    repeated += times > 1 ? 1 : 0;
  }
  for (std::size_t i = 2; i < ten.size(); ++i) {
    if (ten[i] == ten[i - 1] && ten[i] == ten[i - 2]) {
      return false;
    }
  }
  return repeated == 1;
}

bool is_nir_month(unsigned month) noexcept {
  return (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
}

constexpr std::string_view kOmocodia = "LMNPQRSTUV";

// The digit that `c` is or stands for; 10: neither.
unsigned fiscal_digit(char c) noexcept {
  const std::size_t at = kOmocodia.find(upper(c));
  return is_digit(c) ? digit_value(c) : at == std::string_view::npos ? 10 : static_cast<unsigned>(at);
}

char fiscal_letter(std::string_view fifteen) noexcept {
  unsigned sum = 0;
  for (std::size_t i = 0; i < fifteen.size(); ++i) {
    const unsigned value = is_digit(fifteen[i]) ? digit_value(fifteen[i]) : base36_value(fifteen[i]) - 10;
    sum += i % 2 == 0 ? kOdd[value] : value;
  }
  return static_cast<char>('A' + sum % 26);
}

}  // namespace

bool is_uk_nino(std::string_view cleaned) noexcept {
  if (!has_shape(cleaned, "aannnnnna")) {
    return false;
  }
  const char pair[] = {upper(cleaned[0]), upper(cleaned[1])};
  const std::string_view prefix(pair, 2);
  for (const std::string_view unused : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}) {
    if (prefix == unused) {
      return false;
    }
  }
  return prefix.substr(0, 1).find_first_of("DFIQUV") == std::string_view::npos &&
         prefix.substr(1).find_first_of("DFIOQUV") == std::string_view::npos && upper(cleaned[8]) <= 'D';
}

bool is_es_nif(std::string_view cleaned) noexcept {
  if (!has_shape(cleaned, "nnnnnnnna") && !has_shape(cleaned, "nnnnnnna")) {
    return false;
  }
  return spanish_letter(number(cleaned.substr(0, cleaned.size() - 1))) == upper(cleaned.back());
}

bool is_es_nie(std::string_view cleaned) noexcept {
  if (!has_shape(cleaned, "annnnnnna") || upper(cleaned[0]) < 'X') {
    return false;
  }
  const unsigned first = static_cast<unsigned>(upper(cleaned[0]) - 'X');
  return spanish_letter(first * 10'000'000 + number(cleaned.substr(1, 7))) == upper(cleaned[8]);
}

bool is_de_tax_id(std::string_view digits) noexcept {
  return digits_of_length(digits, 11) && digits.front() != '0' && passes_iso7064_mod11_10(digits) &&
         repeats_one_digit(digits.substr(0, 10));
}

bool is_half_de_tax_id(std::string_view digits) noexcept {
  return digits_of_length(digits, 11) && digits.front() != '0' &&
         passes_iso7064_mod11_10(digits) != repeats_one_digit(digits.substr(0, 10));
}

bool is_fr_nir(std::string_view cleaned) noexcept {
  if (cleaned.size() != 15) {
    return false;
  }
  const char second = upper(cleaned[6]);
  const bool corsica = cleaned[5] == '2' && (second == 'A' || second == 'B');
  if (!all_digits(cleaned.substr(0, 6)) || (!corsica && !is_digit(second)) || !all_digits(cleaned.substr(7))) {
    return false;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 13; ++i) {
    const unsigned digit = i == 5 && corsica   ? 1
                           : i == 6 && corsica ? (second == 'A' ? 9U : 8U)
                                               : digit_value(cleaned[i]);
    value = value * 10 + digit;
  }
  return std::string_view("123478").find(cleaned[0]) != std::string_view::npos &&
         is_nir_month(number(cleaned.substr(3, 2))) && cleaned.substr(5, 2) != "00" &&
         97 - value % 97 == number(cleaned.substr(13));
}

bool is_it_fiscal_code(std::string_view cleaned) noexcept {
  if (!has_shape(cleaned, "aaaaaaccaccaccca")) {
    return false;
  }
  for (const std::size_t at : {6U, 7U, 9U, 10U, 12U, 13U, 14U}) {
    if (fiscal_digit(cleaned[at]) > 9) {
      return false;
    }
  }
  const std::size_t month = std::string_view("ABCDEHLMPRST").find(upper(cleaned[8]));
  const unsigned year = fiscal_digit(cleaned[6]) * 10 + fiscal_digit(cleaned[7]);
  const unsigned written_day = fiscal_digit(cleaned[9]) * 10 + fiscal_digit(cleaned[10]);
  const unsigned day = written_day > 40 ? written_day - 40 : written_day;
  return month != std::string_view::npos && is_date_without_century(year, static_cast<unsigned>(month) + 1, day) &&
         fiscal_letter(cleaned.substr(0, 15)) == upper(cleaned[15]);
}

bool is_nl_bsn(std::string_view digits) noexcept {
  return digits_of_length(digits, 9) && !one_repeated(digits) &&
         weighted_sum(digits, std::array{9, 8, 7, 6, 5, 4, 3, 2, 10}) % 11 == 0;
}

}  // namespace gabion::inspect::dlp
