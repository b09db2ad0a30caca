// Where a plan's parts are complete types.
#include "inspect/waf/plan/plan.h"

#include "inspect/waf/plan/scan_plan.h"

namespace gabion::inspect::waf::plan {

Plan::Plan() = default;
Plan::~Plan() = default;

bool Plan::is_complete() const noexcept {
  return scan == nullptr || scan->complete;
}

}  // namespace gabion::inspect::waf::plan
