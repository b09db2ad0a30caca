// Whether a rule matches, as far as that follows from what TX variables may hold; private to fold().
#pragma once

#include <vector>

#include "inspect/waf/plan/plan.h"
#include "inspect/waf/plan/possible.h"

namespace gabion::inspect::waf::plan {

enum class Outcome : std::uint8_t { kNever, kMaybe, kAlways };

/// One for each slot.
using Variables = std::vector<Possible>;

/// Of one link, its targets looked at with `variables`.
[[nodiscard]] Outcome outcome_of(const Link& link, const Variables& variables);

/// Changes `variables` as the link's setvar may when the link matches as `outcome` says.
void apply_sets(const Plan& plan, const Link& link, Outcome outcome, Variables& variables);

}  // namespace gabion::inspect::waf::plan
