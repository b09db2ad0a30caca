// What overload control says of itself as metric families.
#pragma once

#include <span>

#include "proxy/admin/metrics.h"
#include "proxy/admin/prometheus_families.h"

namespace gabion::proxy {

/// Step, memory and its limit by worker, since each sheds its own load; what was shed of all of them.
void append_overload(metric_families::Families& families, std::span<const MetricsSample> workers);

}  // namespace gabion::proxy
