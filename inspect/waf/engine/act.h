// What a match changes: variables, controls, collections, the decision.
#pragma once

#include "inspect/waf/engine/state.h"

namespace gabion::inspect::waf::engine {

/// The setvar of a link, for one value that matched it.
void set_variables(State& state, const plan::Link& link);

/// What a link does once the whole chain matched: initcol, expirevar, ctl.
void run_controls(State& state, const plan::Link& link);

/// The disruptive action of a rule that matched whole; with DetectionOnly it is only noted. True: it decided.
bool disrupt(State& state, const plan::Rule& rule);

}  // namespace gabion::inspect::waf::engine
