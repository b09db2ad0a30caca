// The operators that compare text with text.
#pragma once

#include <string_view>

namespace gabion::inspect::waf::operators {

/// @containsWord: `word` in `value`, with no ASCII letter right before or behind it.
[[nodiscard]] bool contains_word(std::string_view value, std::string_view word) noexcept;

/// @within: `part` somewhere in `list`. For lists of words in separators, where the first byte of `part` stands often.
[[nodiscard]] bool is_within(std::string_view part, std::string_view list) noexcept;

}  // namespace gabion::inspect::waf::operators
