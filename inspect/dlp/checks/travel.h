// Documents and things that travel: passports, vehicles, phones.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// ICAO Doc 9303 parts 4 to 6, weights 7-3-1 in every check digit: a passport's second line (44) or both (88), a TD2
/// card's second line (36) or both (72), a TD1 card's three (90). '<' stays, line ends are gone.
[[nodiscard]] bool is_mrz(std::string_view cleaned) noexcept;

/// ISO 3779 with the check digit of 49 CFR 565.15: 17 characters, no I O Q. European makers leave the digit out: theirs
/// do not pass.
[[nodiscard]] bool is_vin(std::string_view cleaned) noexcept;

/// 3GPP TS 23.003 annex B: fifteen digits, Luhn, not one repeated digit.
[[nodiscard]] bool is_imei(std::string_view digits) noexcept;

}  // namespace gabion::inspect::dlp
