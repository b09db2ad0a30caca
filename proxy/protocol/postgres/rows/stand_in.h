// What stands in the place of a value that is withheld: valid for its type, the same whatever the value was.
#pragma once

#include <cstdint>
#include <string>

namespace gabion::proxy::postgres {

/// How a value is written.
enum class Format : std::uint8_t { kText, kBinary };

/// What may fill a value to the length it had, where its row's length was told already.
enum class Stretch : std::uint8_t {
  kNone,    ///< nothing is valid at every length
  kStars,   ///< '*'
  kDigits,  ///< '0'
  kJson,    ///< a string of stars, or 0
  kJsonb,   ///< the version byte, then that
};

/// How the text in a value is found, for who looks for sensitive values.
enum class Reading : std::uint8_t {
  kNothing,   ///< there is none in a value of this type: a date, a truth value, a small number
  kText,      ///< the bytes are the text
  kJson,      ///< the bytes are JSON
  kJsonb,     ///< behind the version byte
  kNumber,    ///< the bytes are a number's digits: it is replaced as a whole
  kInt8,      ///< eight bytes, likewise
  kNumeric,   ///< numeric in binary, likewise
  kFloat8,    ///< double in binary, likewise
  kHex,       ///< bytea in text: \\x and hexadecimal digits, or as text where bytea_output is escape
  kNumbers,   ///< array of numbers in text: it is replaced as a whole
  kInt8s,     ///< array in binary, likewise
  kNumerics,  ///< likewise
  kFloat8s,   ///< likewise
  kHexes,     ///< bytea[] in text, likewise
  kRaw,       ///< lengths may be among the bytes: looked at as text, and covered only where the length stays
};

struct StandIn {
  bool is_null = true;  ///< of a type nobody here knows: NULL is valid for all
  std::string value;
  Stretch stretch = Stretch::kNone;
  Reading reading = Reading::kRaw;
};

/// `type`: pg_type.oid; those of other releases' and users' types are unknown.
[[nodiscard]] StandIn stand_in(std::uint32_t type, Format format);

/// Appends `length` bytes of a whole value. REQUIRES: not kNone.
void append_stretched(std::string& out, Stretch stretch, std::uint32_t length);

/// A byte of such a value that is not written whole. REQUIRES: not kNone; at < length.
[[nodiscard]] char stretched_byte(Stretch stretch, std::uint32_t at, std::uint32_t length) noexcept;

}  // namespace gabion::proxy::postgres
