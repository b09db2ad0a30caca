// Decides at compile time what no request can change: paranoia levels that are off, defaults, switches never turned on.
#pragma once

#include "inspect/waf/plan/plan.h"

namespace gabion::inspect::waf::plan {

/// Takes out of `plan` the rules that can never run or never match and those whose only effect is the same for every
/// transaction (their variables go into Plan::initial). What is left gives the same result for every exchange.
/// Changes indices: rule bits, skips and phase bounds are brought in line. REQUIRES: Control::rules are set.
void fold(Plan& plan);

}  // namespace gabion::inspect::waf::plan
