// Covers what is sensitive: card numbers in place in a message, every default type in text on its way to a log.
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

/// Compiles what redact_text() looks for, once for the process: milliseconds, so not on a worker. False: it does not
/// compile, and redact_text() covers everything.
[[nodiscard]] bool prepare_redaction();

/// A copy of `text` in which what the catalogue's default types find from score 0.5 on is covered, also percent- and
/// plus-encoded, as paths and queries have it; of card numbers the last four digits stay. Same length. For everything
/// that is logged and came from outside. The first call of a thread makes its scanner.
[[nodiscard]] std::string redact_text(std::string_view text);

}  // namespace gabion::inspect::dlp
