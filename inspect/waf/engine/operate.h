// Runs a link's operator on one text.
#pragma once

#include <string_view>

#include "inspect/waf/engine/state.h"

namespace gabion::inspect::waf::engine {

/// Without the negation. On true, state.matched_part and state.captures tell what was met; they view `text`, the plan
/// or static words.
[[nodiscard]] bool operate(State& state, const plan::Operation& operation, std::string_view text);

/// The same for an operator that compares integers.
[[nodiscard]] bool compare(State& state, const plan::Operation& operation, std::int64_t number);

}  // namespace gabion::inspect::waf::engine
