// What kinds of bytes a value holds, so that a value no signature can match is not scanned.
#pragma once

#include <cstdint>
#include <string_view>

namespace gabion::inspect::attack {

/// Bits of byte_classes().
enum ByteClass : std::uint8_t {
  kPlain = 0,             ///< letters, digits and _ - . , ~ : @ =
  kSlash = 1U << 0U,      ///< / and backslash
  kPercent = 1U << 1U,    ///< %
  kPlus = 1U << 2U,       ///< +
  kAmpersand = 1U << 3U,  ///< &
  kRemapped = 1U << 4U,   ///< bytes every decoder replaces: value edge, NUL, vertical tab, form feed
  kOther = 1U << 5U,      ///< anything else
};

/// The union of the classes of all bytes. No signature matches a value of plain bytes alone.
[[nodiscard]] std::uint8_t byte_classes(std::string_view value) noexcept;

}  // namespace gabion::inspect::attack
