// Numbers of patients, insured people and those who treat them.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// NHS Data Dictionary, NHS NUMBER: ten digits, weights 10 to 2, mod 11; not one repeated digit.
[[nodiscard]] bool is_uk_nhs(std::string_view digits) noexcept;

/// Services Australia, Medicare card number: ten digits, or eleven with the person's, the first 2 to 6, weights
/// 1 3 7 9 mod 10 in the ninth. Tenth (issue) not 0.
[[nodiscard]] bool is_au_medicare(std::string_view digits) noexcept;

/// CMS, Understanding the MBI: eleven positions, each a digit, a letter or either, no S L O I B Z, the first not 0.
[[nodiscard]] bool is_us_mbi(std::string_view cleaned) noexcept;

/// CMS, 45 CFR 162.406: ten digits from 1 or 2, Luhn over 80840 and the number; not one digit
/// nine times.
[[nodiscard]] bool is_us_npi(std::string_view digits) noexcept;

/// DEA, registration number (21 CFR 1301): registrant letter, a letter or 9, seven digits;
/// (d1 + d3 + d5) + 2 (d2 + d4 + d6) ends in d7.
[[nodiscard]] bool is_us_dea(std::string_view cleaned) noexcept;

}  // namespace gabion::inspect::dlp
