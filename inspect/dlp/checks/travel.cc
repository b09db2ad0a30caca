// Machine-readable zones, vehicle and equipment numbers.
#include "inspect/dlp/checks/travel.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "inspect/dlp/checks/checksums.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::array<unsigned, 3> kMrzWeights{7, 3, 1};
constexpr std::array<unsigned, 17> kVinWeights{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};

bool is_mrz_character(char c) noexcept {
  return is_digit(c) || (c >= 'A' && c <= 'Z') || c == '<';
}

unsigned mrz_value(char c) noexcept {
  return c == '<' ? 0 : base36_value(c);
}

/// Weights go on over several fields, as the composite digit wants it.
class MrzSum {
 public:
  MrzSum& add(std::string_view field) noexcept {
    for (const char c : field) {
      sum_ += mrz_value(c) * kMrzWeights[at_++ % 3];
    }
    return *this;
  }
  [[nodiscard]] bool ends_in(char digit) const noexcept { return is_digit(digit) && sum_ % 10 == digit_value(digit); }

 private:
  unsigned sum_ = 0;
  std::size_t at_ = 0;
};

bool checked(std::string_view field, char digit) noexcept {
  return MrzSum().add(field).ends_in(digit);
}

bool is_nationality(std::string_view field) noexcept {
  return std::all_of(field.begin(), field.end(), [](char c) { return !is_digit(c); }) && field[0] != '<';
}

bool is_passport_line(std::string_view line) noexcept {
  const bool optional_empty = line.substr(28, 14).find_first_not_of('<') == std::string_view::npos;
  return is_nationality(line.substr(10, 3)) && checked(line.substr(0, 9), line[9]) &&
         checked(line.substr(13, 6), line[19]) && checked(line.substr(21, 6), line[27]) &&
         ((optional_empty && line[42] == '<') || checked(line.substr(28, 14), line[42])) &&
         MrzSum().add(line.substr(0, 10)).add(line.substr(13, 7)).add(line.substr(21, 22)).ends_in(line[43]);
}

bool is_td2_line(std::string_view line) noexcept {
  return is_nationality(line.substr(10, 3)) && checked(line.substr(0, 9), line[9]) &&
         checked(line.substr(13, 6), line[19]) && checked(line.substr(21, 6), line[27]) &&
         MrzSum().add(line.substr(0, 10)).add(line.substr(13, 7)).add(line.substr(21, 14)).ends_in(line[35]);
}

bool is_td1(std::string_view lines) noexcept {
  const std::string_view first = lines.substr(0, 30);
  const std::string_view second = lines.substr(30, 30);
  return is_nationality(second.substr(15, 3)) && checked(first.substr(5, 9), first[14]) &&
         checked(second.substr(0, 6), second[6]) && checked(second.substr(8, 6), second[14]) &&
         MrzSum()
             .add(first.substr(5, 25))
             .add(second.substr(0, 7))
             .add(second.substr(8, 7))
             .add(second.substr(18, 11))
             .ends_in(second[29]);
}

// 0 to 9 as they are; letters as in 49 CFR 565.15 table III; 0 for the three that are not used.
constexpr std::string_view kVinLetters = "12345678012345070923456789";

unsigned vin_value(char c) noexcept {
  return is_digit(c) ? digit_value(c) : digit_value(kVinLetters[static_cast<std::size_t>(upper(c) - 'A')]);
}

}  // namespace

bool is_mrz(std::string_view cleaned) noexcept {
  if (!std::all_of(cleaned.begin(), cleaned.end(), is_mrz_character)) {
    return false;
  }
  switch (cleaned.size()) {
    case 44:
      return is_passport_line(cleaned);
    case 88:
      return cleaned[0] == 'P' && is_passport_line(cleaned.substr(44));
    case 36:
      return is_td2_line(cleaned);
    case 72:
      return !is_digit(cleaned[0]) && is_td2_line(cleaned.substr(36));
    case 90:
      return !is_digit(cleaned[0]) && is_td1(cleaned);
    default:
      return false;
  }
}

bool is_vin(std::string_view cleaned) noexcept {
  if (!has_shape(cleaned, "ccccccccccccccccc") || one_repeated(cleaned)) {
    return false;
  }
  unsigned sum = 0;
  for (std::size_t i = 0; i < cleaned.size(); ++i) {
    if (std::string_view("IOQ").find(upper(cleaned[i])) != std::string_view::npos) {
      return false;
    }
    sum += vin_value(cleaned[i]) * kVinWeights[i];
  }
  return "0123456789X"[sum % 11] == upper(cleaned[8]);
}

bool is_imei(std::string_view digits) noexcept {
  return digits_of_length(digits, 15) && !one_repeated(digits) && passes_luhn(digits);
}

}  // namespace gabion::inspect::dlp
