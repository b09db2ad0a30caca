// What stands in a value's place: same-length masks, replacements and keyed tokens that fit where the value stood.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/dlp_config.h"
#include "inspect/dlp/checks/text.h"
#include "inspect/dlp/field_place.h"
#include "inspect/dlp/fields/flat_text.h"
#include "inspect/dlp/keyed_hash.h"

namespace gabion::inspect::dlp {

/// Whether the raw bytes of a value are its text, or hold escapes of their format.
enum class Spelling : std::uint8_t { kPlain, kEscaped };

/// Letters, digits and bytes from 0x80 on: what a value is made of. The others are separators, which stay.
[[nodiscard]] constexpr bool is_covered_byte(char c) noexcept {
  return is_digit(c) || is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// Overwrites `raw`, never its length. Letters, digits and bytes from 0x80 on are covered but for the first and last
/// ones that `treatment` keeps: of a card (13 to 19 digits) never more than the first 6 and last 4, and always less
/// than half of any value; of a secret none. Separators stay, so that a form of the value stays readable. An escaped
/// value is covered as a whole. A JSON number is filled with a digit (9 unless `digit` says otherwise) so that it stays
/// one.
void mask(std::span<char> raw, const config::DlpTreatment& treatment, ValueClass value_class, ValueKind kind,
          Spelling spelling, char digit = '9') noexcept;

/// The same for bytes of a message: base64 becomes base64 of stars, UTF-16 a row of U+2A2A, escapes are covered whole.
void mask(std::span<char> raw, const config::DlpTreatment& treatment, ValueClass value_class, ValueKind kind,
          RawForm form) noexcept;

/// What kReplace writes for a value of `type`. A JSON number becomes a string. ASCII without quotes and escapes.
[[nodiscard]] std::string replacement(const config::DlpTreatment& treatment, std::string_view type, ValueKind kind);

/// What kToken writes for a value of `raw_size` raw bytes that has this digest: "tok_<key id>_<16 letters and digits>",
/// or with TokenLength::kSame and for JSON numbers as many letters or digits as there were bytes. A number of 13 to 19
/// digits never passes Luhn's check, so that it is no card number, and none begins with 0.
[[nodiscard]] std::string token(const config::DlpTreatment& treatment, const KeyedHash& hash,
                                const KeyedHash::Digest& digest, std::size_t raw_size, ValueKind kind);

/// For evidence: of numbers the last 4 digits, of an e-mail address its first letter and its top-level domain, of a
/// secret the public prefix `type` has ("ghp_****") or nothing; of less than 8 characters nothing.
[[nodiscard]] std::string sample(std::string_view value, ValueClass value_class, std::string_view public_prefix);

}  // namespace gabion::inspect::dlp
