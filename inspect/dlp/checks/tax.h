// Tax numbers of the United States and Australia; where a tax number is the identity number see ids_*.h.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// IRS, Publication 1915 and IRM 3.21.263: nine digits from 9, group (4th and 5th) 50-65, 70-88, 90-92 or 94-99.
[[nodiscard]] bool is_us_itin(std::string_view digits) noexcept;

/// IRS, "How EINs are assigned and valid EIN prefixes": nine digits; no campus gives out 00, 07-09, 17-19, 28, 29, 49,
/// 69, 70, 78, 79, 89, 96 and 97.
[[nodiscard]] bool is_us_ein(std::string_view digits) noexcept;

/// Australian Taxation Office, TFN algorithm: nine digits, weights 1 4 3 7 5 8 6 9 10, or eight, 10 7 8 4 6 3 5 1,
/// mod 11. Not one repeated digit.
[[nodiscard]] bool is_au_tfn(std::string_view digits) noexcept;

}  // namespace gabion::inspect::dlp
