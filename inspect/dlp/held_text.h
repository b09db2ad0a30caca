// The text a scanner may look at: what it was given, and a little of what was decided before.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "inspect/dlp/checks/text.h"
#include "inspect/dlp/field_place.h"

namespace gabion::inspect::dlp {

struct HeldText {
  std::string_view flat;
  FlatOffset base = 0;       ///< of flat[0]
  std::string_view history;  ///< ends at `base`

  [[nodiscard]] FlatOffset end() const noexcept { return base + flat.size(); }

  /// '\0' where there is nothing, or nothing is kept.
  [[nodiscard]] char at(FlatOffset at) const noexcept {
    if (at >= base) {
      return at < end() ? flat[static_cast<std::size_t>(at - base)] : '\0';
    }
    const FlatOffset back = base - at;
    return back <= history.size() ? history[history.size() - static_cast<std::size_t>(back)] : '\0';
  }
  /// The byte before, '\0' at the beginning of the message.
  [[nodiscard]] char before(FlatOffset offset) const noexcept { return offset == 0 ? '\0' : at(offset - 1); }

  /// At most `most` bytes from there on. REQUIRES: at >= base.
  [[nodiscard]] std::string_view from(FlatOffset at, std::size_t most) const noexcept {
    return at >= end() ? std::string_view{} : flat.substr(static_cast<std::size_t>(at - base), most);
  }
};

constexpr bool is_token_byte(char c) noexcept {
  return is_digit(c) || is_letter(c);
}

}  // namespace gabion::inspect::dlp
