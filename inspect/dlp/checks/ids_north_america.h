// Identity numbers of people in the United States, Canada and Mexico.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// Social Security Administration, POMS RM 10201.030-035: nine digits, area not 000, 666 or 9xx, group not 00, serial
/// not 0000; not 078-05-1120 and 219-09-9999 (printed in advertisements) nor 123-45-6789.
[[nodiscard]] bool is_us_ssn(std::string_view digits) noexcept;

/// Service Canada, SIN code of practice: nine digits, Luhn, the first not 0 (fictitious) nor 8 (businesses).
[[nodiscard]] bool is_ca_sin(std::string_view digits) noexcept;

/// Secretaría de Gobernación, Instructivo Normativo para la Asignación de la CURP: 18 characters of name, date, sex
/// (H, M, X), state, name, a digit (born before 2000) or a letter, and a mod 10 digit.
[[nodiscard]] bool is_mx_curp(std::string_view cleaned) noexcept;

}  // namespace gabion::inspect::dlp
