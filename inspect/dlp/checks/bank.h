// Proves routing numbers of banks: ABA numbers of the United States and BICs.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// American Bankers Association, Routing Number Policy: nine digits, weights 3-7-1 mod 10, the first two 00-12
/// (Federal Reserve districts), 21-32 (thrifts), 61-72 (electronic) or 80 (traveller's cheques). Not all zeros.
[[nodiscard]] bool is_aba_routing(std::string_view digits) noexcept;

/// ISO 9362: four letters or digits of the institution (letters in practice), country, two of location, optionally
/// three of branch. Proves the country only. Upper case only: any English word of eight letters looks like one.
[[nodiscard]] bool is_bic(std::string_view cleaned) noexcept;

}  // namespace gabion::inspect::dlp
