// Where a plan's parts are complete types.
#include "inspect/waf/plan/plan.h"

#include "inspect/waf/plan/scan_plan.h"

namespace gabion::inspect::waf::plan {

Plan::Plan() = default;
Plan::~Plan() = default;

}  // namespace gabion::inspect::waf::plan
