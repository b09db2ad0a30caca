// Numbering plans: whether digits can be dialled.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// ITU-T E.164: '+', a country code in use (list of ITU-T E.164 assigned country codes) and as many digits as the
/// country's plan has; behind +1 a number of the North American plan.
[[nodiscard]] bool is_e164_phone(std::string_view cleaned) noexcept;

/// As dialled inside a country, no '+': a number of the North American plan (NANPA: area and exchange from 2, neither
/// N11), perhaps behind 1; or trunk prefix 0, a digit from 1 and 7 to 9 more. Countries without a trunk prefix: nine
/// digits from 5 to 9 (Spain, Portugal, Poland, Norway and others of eight do not pass). Not one repeated digit.
[[nodiscard]] bool is_national_phone(std::string_view digits) noexcept;

}  // namespace gabion::inspect::dlp
