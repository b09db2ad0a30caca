// CPF, CNPJ, CUIT, RUT and NIT: all mod 11, each with weights and exceptions of its own.
#include "inspect/dlp/checks/ids_south_america.h"

#include <array>
#include <cstddef>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::array<unsigned, 15> kNitWeights{3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71};

// Weights 2, 3, … `highest`, and again, from the right; remainders 0 and 1 give 0.
unsigned brazilian_digit(std::string_view before, unsigned highest) noexcept {
  unsigned sum = 0;
  unsigned weight = 2;
  for (std::size_t i = before.size(); i > 0; --i) {
    sum += static_cast<unsigned>(upper(before[i - 1]) - '0') * weight;
    weight = weight == highest ? 2 : weight + 1;
  }
  return sum % 11 < 2 ? 0 : 11 - sum % 11;
}

bool has_brazilian_digits(std::string_view number, unsigned highest) noexcept {
  const std::size_t size = number.size();
  return brazilian_digit(number.substr(0, size - 2), highest) == digit_value(number[size - 2]) &&
         brazilian_digit(number.substr(0, size - 1), highest) == digit_value(number[size - 1]);
}

}  // namespace

bool is_br_cpf(std::string_view digits) noexcept {
  return digits_of_length(digits, 11) && !one_repeated(digits) && has_brazilian_digits(digits, 11);
}

bool is_br_cnpj(std::string_view cleaned) noexcept {
  return has_shape(cleaned, "ccccccccccccnn") && !one_repeated(cleaned) && has_brazilian_digits(cleaned, 9);
}

bool is_ar_cuit(std::string_view digits) noexcept {
  if (!digits_of_length(digits, 11)) {
    return false;
  }
  bool known = false;
  for (const unsigned type : {20U, 23U, 24U, 25U, 26U, 27U, 30U, 33U, 34U, 50U, 51U, 55U}) {
    known = known || number(digits.substr(0, 2)) == type;
  }
  return known && weighted_sum(digits, std::array{5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}

bool is_cl_rut(std::string_view cleaned) noexcept {
  if (cleaned.size() < 8 || cleaned.size() > 9 || !all_digits(cleaned.substr(0, cleaned.size() - 1))) {
    return false;
  }
  unsigned sum = 0;
  unsigned weight = 2;
  for (std::size_t i = cleaned.size() - 1; i > 0; --i) {
    sum += digit_value(cleaned[i - 1]) * weight;
    weight = weight == 7 ? 2 : weight + 1;
  }
  return "0K987654321"[sum % 11] == upper(cleaned.back());
}

bool is_co_nit(std::string_view digits) noexcept {
  if (digits.size() < 8 || digits.size() > 16 || !all_digits(digits) || one_repeated(digits)) {
    return false;
  }
  unsigned sum = 0;
  for (std::size_t i = 0; i + 1 < digits.size(); ++i) {
    sum += digit_value(digits[digits.size() - 2 - i]) * kNitWeights[i];
  }
  const unsigned rest = sum % 11;
  return digit_value(digits.back()) == (rest < 2 ? rest : 11 - rest);
}

}  // namespace gabion::inspect::dlp
