// Endpoints by state, ejections, retries: see prometheus_endpoints.h.
#include "proxy/admin/prometheus_endpoints.h"

namespace gabion::proxy {

using namespace metric_families;

void append_endpoints(Families& families, const WorkerCounters& counters,
                      const config::services::EndpointCounts& counts) {
  MetricFamily& states =
      add_family(families, "gabion_endpoints",
                 "Endpoints of services that routes lead to; ejected: by each worker for itself.", MetricType::Gauge);
  add_value(states, std::uint64_t{counts.ready}, {label("state", "ready")});
  add_value(states, std::uint64_t{counts.leaving}, {label("state", "terminating")});
  add_value(states, std::uint64_t{counts.unready}, {label("state", "not_ready")});
  add_value(states, counters.ejected_endpoints, {label("state", "ejected")});
  add_counter(families, "gabion_endpoint_ejections_total", "Endpoints that were left alone for a while.",
              counters.endpoints.ejections);
  add_counter(families, "gabion_endpoint_ejections_withheld_total", "Ejections that would have left too few endpoints.",
              counters.endpoints.withheld);
  add_counter(families, "gabion_endpoint_returns_total", "Ejected endpoints that served their probe.",
              counters.endpoints.returned);
  add_counter(families, "gabion_upstream_retries_total", "Requests said to another endpoint or on another connection.",
              counters.endpoints.retries);
  add_counter(families, "gabion_upstream_retries_denied_total", "Retries beyond the budget.",
              counters.endpoints.retries_denied);
}

}  // namespace gabion::proxy
