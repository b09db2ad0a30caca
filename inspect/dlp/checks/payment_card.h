// Proves that digits are a payment card number: Luhn, and an issuer that gives out numbers of that length.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// True when a card network issues numbers that begin so and are so long. REQUIRES: digits only.
[[nodiscard]] bool has_card_issuer(std::string_view digits) noexcept;

/// A payment card number: 13 to 19 digits, an issuer, Luhn, not one repeated digit. False for anything but digits.
[[nodiscard]] bool is_payment_card(std::string_view digits) noexcept;

/// Wider: also UATP (15 digits from 1) and Maestro's 50, 56 to 69 of 12 to 19 digits. Only for numbers beside a cue,
/// as these match more ids than cards.
[[nodiscard]] bool is_payment_card_beside_cue(std::string_view digits) noexcept;

}  // namespace gabion::inspect::dlp
