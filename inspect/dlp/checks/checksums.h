// Check-digit systems that several numbers share. Pure functions over cleaned characters.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// Luhn's mod 10 check (ISO/IEC 7812-1 annex B). False for "" and whatever is not all digits.
[[nodiscard]] bool passes_luhn(std::string_view digits) noexcept;

/// Weights 1, 2, 3 … 10 and again from 1, counted from the right, sum divisible by 11; the last character may be X for
/// ten. Two characters or more. ISBN-10 (ISO 2108:1992) is one of its users.
[[nodiscard]] bool passes_mod11(std::string_view cleaned) noexcept;

/// ISO/IEC 7064 MOD 97-10: with letters as 10 to 35 the number leaves 1 when divided by 97 (LEI, ISO 17442).
/// Three characters or more. An IBAN is turned first: is_iban().
[[nodiscard]] bool passes_mod97(std::string_view cleaned) noexcept;

/// J. Verhoeff, Error Detecting Decimal Codes, 1969: dihedral group D5. Two digits or more.
[[nodiscard]] bool passes_verhoeff(std::string_view digits) noexcept;

/// ISO/IEC 7064 MOD 11,10, the last digit being the check digit. Two digits or more.
[[nodiscard]] bool passes_iso7064_mod11_10(std::string_view digits) noexcept;

/// ISO/IEC 7064 MOD 11-2, the last character a digit or X. Two characters or more.
[[nodiscard]] bool passes_iso7064_mod11_2(std::string_view cleaned) noexcept;

/// Remainder by 97 of a number whose letters count 10 to 35. REQUIRES: digits and letters only.
[[nodiscard]] unsigned remainder97(std::string_view cleaned, unsigned before = 0) noexcept;

}  // namespace gabion::inspect::dlp
