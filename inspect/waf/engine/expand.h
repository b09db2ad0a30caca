// Macros: texts of a plan expanded with what the transaction knows.
#pragma once

#include <string>
#include <string_view>

#include "inspect/waf/engine/state.h"

namespace gabion::inspect::waf::engine {

/// A view into the plan, or into `buffer`, whose content is replaced. A macro without a value is empty text.
[[nodiscard]] std::string_view expand(State& state, const plan::Text& text, std::string& buffer);

/// The integer `text` stands for, without making text of numbers.
[[nodiscard]] std::int64_t expand_number(State& state, const plan::Text& text);

}  // namespace gabion::inspect::waf::engine
