// Identity numbers of people in Poland, Sweden and Finland.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// Ministerstwo Cyfryzacji, PESEL: eleven digits, weights 1 3 7 9, a date with the century in the month.
[[nodiscard]] bool is_pl_pesel(std::string_view digits) noexcept;

/// Skatteverket, SKV 704: six or eight digits of a date (day + 60: a coordination number) and four, Luhn over the last
/// ten. The separator, which tells the century, is gone.
[[nodiscard]] bool is_se_personnummer(std::string_view digits) noexcept;

/// Digi- ja väestötietovirasto, henkilötunnus with the signs of 2023: six digits of a date, a sign of the century
/// (+ 1800s; - Y X W V U 1900s; A to F 2000s), individual number from 002 (900 on: temporary, and the agency's own
/// examples), and the character of the remainder by 31. The sign stays in.
[[nodiscard]] bool is_fi_hetu(std::string_view cleaned) noexcept;

}  // namespace gabion::inspect::dlp
