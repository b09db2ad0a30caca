// Makes the plan of a rule set.
#pragma once

#include <memory>

#include "config/result.h"
#include "inspect/waf/plan/plan.h"
#include "inspect/waf/seclang/rule.h"

namespace gabion::inspect::waf::plan {

/// Takes from tens of milliseconds (databases cached, or kReference) to many seconds: never on a worker. Errors: an
/// expression or list that an operator does not take, with the place of its link.
[[nodiscard]] config::CheckedResult<std::shared_ptr<const Plan>> compile(const seclang::RuleSet& rules,
                                                                         const Options& options = {});

}  // namespace gabion::inspect::waf::plan
