// What becomes of endpoints of services, as metric families.
#pragma once

#include "config/services/service_index.h"
#include "proxy/admin/metrics.h"
#include "proxy/admin/prometheus_families.h"

namespace gabion::proxy {

/// `counters` are all workers' together; each ejects for itself.
void append_endpoints(metric_families::Families& families, const WorkerCounters& counters,
                      const config::services::EndpointCounts& counts);

}  // namespace gabion::proxy
