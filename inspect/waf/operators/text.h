// The operators that compare text with text.
#pragma once

#include <string_view>

namespace gabion::inspect::waf::operators {

/// @containsWord: `word` in `value`, with no ASCII letter right before or behind it.
[[nodiscard]] bool contains_word(std::string_view value, std::string_view word) noexcept;

}  // namespace gabion::inspect::waf::operators
