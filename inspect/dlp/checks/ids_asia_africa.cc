// Aadhaar, PAN, resident ids of China, Korea, Thailand, Singapore, Turkey, Israel and South Africa.
#include "inspect/dlp/checks/ids_asia_africa.h"

#include <array>
#include <cstddef>

#include "inspect/dlp/checks/checksums.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

bool is_palindrome(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size() / 2; ++i) {
    if (text[i] != text[text.size() - 1 - i]) {
      return false;
    }
  }
  return true;
}

// GB/T 2260: north, north-east, east, centre and south, south-west, north-west, Taiwan, Hong Kong, Macau.
bool is_chinese_province(unsigned code) noexcept {
  return (code >= 11 && code <= 15) || (code >= 21 && code <= 23) || (code >= 31 && code <= 37) ||
         (code >= 41 && code <= 46) || (code >= 50 && code <= 54) || (code >= 61 && code <= 65) || code == 71 ||
         (code >= 81 && code <= 83);
}

/// Of four digits from `first` on two stand for men and women of each century.
bool is_korean(std::string_view digits, char first) noexcept {
  if (!digits_of_length(digits, 13) || digits[6] < first || digits[6] > first + 3) {
    return false;
  }
  const unsigned century = digits[6] < first + 2 ? 1900 : 2000;
  return is_date(century + number(digits.substr(0, 2)), number(digits.substr(2, 2)), number(digits.substr(4, 2)));
}

}  // namespace

bool is_in_aadhaar(std::string_view digits) noexcept {
  return digits_of_length(digits, 12) && digits.front() >= '2' && passes_verhoeff(digits) && !is_palindrome(digits);
}

bool is_in_pan(std::string_view cleaned) noexcept {
  return has_shape(cleaned, "aaaaannnna") && cleaned.substr(5, 4) != "0000" &&
         std::string_view("ABCEFGHJKLPT").find(upper(cleaned[3])) != std::string_view::npos;
}

bool is_cn_resident_id(std::string_view cleaned) noexcept {
  if (cleaned.size() != 18 || !passes_iso7064_mod11_2(cleaned)) {
    return false;
  }
  const unsigned year = number(cleaned.substr(6, 4));
  return is_chinese_province(number(cleaned.substr(0, 2))) && year >= 1850 && year < 2100 &&
         is_date(year, number(cleaned.substr(10, 2)), number(cleaned.substr(12, 2)));
}

bool is_kr_rrn(std::string_view digits) noexcept {
  return is_korean(digits, '1');
}

bool is_kr_rrn_with_checksum(std::string_view digits) noexcept {
  return is_kr_rrn(digits) && (11 - weighted_sum(digits, std::array{2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}) % 11) % 10 ==
                                  digit_value(digits[12]);
}

bool is_kr_frn(std::string_view digits) noexcept {
  return is_korean(digits, '5');
}

bool is_th_id(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 13) || digits.front() == '0' || digits.front() == '9') {
    return false;
  }
  const unsigned province = number(digits.substr(1, 2));
  if (province < 10 || province > 96) {
    return false;
  }
  const unsigned rest = weighted_sum(digits, std::array{13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return (11 - rest) % 10 == digit_value(digits[12]);
}

bool is_sg_nric(std::string_view cleaned) noexcept {
  if (!has_shape(cleaned, "annnnnnna")) {
    return false;
  }
  const unsigned sum = weighted_sum(cleaned.substr(1, 7), std::array{2, 7, 6, 5, 4, 3, 2});
  const char letter = upper(cleaned[8]);
  switch (upper(cleaned[0])) {
    case 'S':
      return letter == "JZIHGFEDCBA"[sum % 11];
    case 'T':
      return letter == "JZIHGFEDCBA"[(sum + 4) % 11];
    case 'F':
      return letter == "XWUTRQPNMLK"[sum % 11];
    case 'G':
      return letter == "XWUTRQPNMLK"[(sum + 4) % 11];
    case 'M':
      return letter == "XWUTRQPNJLK"[(sum + 3) % 11];
    default:
      return false;
  }
}

bool is_tr_id(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 11) || digits.front() == '0') {
    return false;
  }
  const unsigned odd = weighted_sum(digits, std::array{1, 0, 1, 0, 1, 0, 1, 0, 1});
  const unsigned even = weighted_sum(digits, std::array{0, 1, 0, 1, 0, 1, 0, 1});
  // 40 is above the largest sum of four digits and ends in 0: the difference stays positive.
  return (odd * 7 + 40 - even) % 10 == digit_value(digits[9]) &&
         (odd + even + digit_value(digits[9])) % 10 == digit_value(digits[10]);
}

bool is_il_id(std::string_view digits) noexcept {
  return digits_of_length(digits, 9) && !one_repeated(digits) && passes_luhn(digits);
}

bool is_za_id(std::string_view digits) noexcept {
  return digits_of_length(digits, 13) && digits[10] <= '2' && passes_luhn(digits) &&
         is_date_without_century(number(digits.substr(0, 2)), number(digits.substr(2, 2)), number(digits.substr(4, 2)));
}

}  // namespace gabion::inspect::dlp
