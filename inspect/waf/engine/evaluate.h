// Tries one rule: its links on their values, side effects as they match, evidence when all did.
#pragma once

#include "inspect/waf/engine/state.h"

namespace gabion::inspect::waf::engine {

/// True: the rule matched whole; its actions were carried out. ModSecurity v3's order: setvar for each matching value
/// when its link matches, everything else after the last link, the last link's first.
bool evaluate(State& state, const plan::Rule& rule);

}  // namespace gabion::inspect::waf::engine
