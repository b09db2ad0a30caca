// Runs the rules of one phase in their order, with skips, removals and decisions.
#pragma once

#include "inspect/waf/engine/scanner.h"
#include "inspect/waf/engine/state.h"

namespace gabion::inspect::waf::engine {

/// `phase` from 1 to 5. `scanner` is used where the plan scans ahead.
void run_phase(State& state, Scanner& scanner, unsigned phase);

}  // namespace gabion::inspect::waf::engine
