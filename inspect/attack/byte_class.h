// What kinds of bytes a value holds, so that a value no signature can match is not scanned.
#pragma once

#include <cstdint>
#include <string_view>

namespace gabion::inspect::attack {

/// Bits of byte_classes().
enum ByteClass : std::uint8_t {
  kPlain = 0,             ///< hexadecimal digits and '-': numbers, UUIDs, trace ids
  kSlash = 1U << 0U,      ///< / and backslash
  kPercent = 1U << 1U,    ///< %
  kPlus = 1U << 2U,       ///< +
  kAmpersand = 1U << 3U,  ///< &
  kRemapped = 1U << 4U,   ///< bytes every decoder replaces: value edge, NUL, vertical tab, form feed
  kWord = 1U << 5U,       ///< other letters and _ . , ~ : @ =
  kOther = 1U << 6U,      ///< anything else
};

/// The union of the classes of all bytes.
[[nodiscard]] std::uint8_t byte_classes(std::string_view value) noexcept;

/// True when no signature matches a value of these bytes: of plain bytes the only match is ten digits (an address
/// written as one number), and none is shorter than four letters (a scanner's name).
[[nodiscard]] bool is_harmless(std::string_view value, unsigned classes) noexcept;

}  // namespace gabion::inspect::attack
