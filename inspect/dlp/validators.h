// Proves that digits are what they look like. Pure functions over cleaned characters: no locale, no allocation.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// Luhn's mod 10 check (ISO/IEC 7812-1 annex B). REQUIRES: digits only. False for "".
[[nodiscard]] bool passes_luhn(std::string_view digits) noexcept;

/// True when a card network issues numbers that begin so and are so long. REQUIRES: digits only.
[[nodiscard]] bool has_card_issuer(std::string_view digits) noexcept;

/// A payment card number: 13 to 19 digits, an issuer, Luhn, not one repeated digit. REQUIRES: digits only.
[[nodiscard]] bool is_payment_card(std::string_view digits) noexcept;

}  // namespace gabion::inspect::dlp
