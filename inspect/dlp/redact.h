// Covers card numbers: in place in a message, and in text on its way to a log.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gabion::inspect::dlp {

/// kStars for text; kNines where a JSON number must stay a number (no card network issues numbers from 9999).
enum class Cover : std::uint8_t { kStars, kNines };

/// Overwrites all digits of `card` but the last four; separators stay. The length never changes.
void cover_card(std::span<char> card, Cover cover) noexcept;

/// The card's digits, covered, without separators: "************1111".
[[nodiscard]] std::string masked_sample(std::string_view card);

/// A copy of `text` with every card number covered, also percent- and plus-encoded ones, as paths and queries have
/// them. Same length. For everything that is logged and came from outside.
[[nodiscard]] std::string redact_text(std::string_view text);

}  // namespace gabion::inspect::dlp
