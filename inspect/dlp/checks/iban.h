// Proves that text is an IBAN: its country's length and structure, and the check digits.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// ISO 13616-1, with length and structure of the country as in SWIFT's IBAN registry, and MOD 97-10 (ISO/IEC 7064)
/// with check digits 02 to 98. Letters in either case, no spaces.
[[nodiscard]] bool is_iban(std::string_view cleaned) noexcept;

/// ISO 3166-1 alpha-2, and XK as the banks use it for Kosovo. Either case.
[[nodiscard]] bool is_country(std::string_view two_letters) noexcept;

}  // namespace gabion::inspect::dlp
