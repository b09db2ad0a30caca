// What overload control says of itself as metric families: see prometheus_overload.h.
#include "proxy/admin/prometheus_overload.h"

namespace gabion::proxy {

using namespace metric_families;

namespace {

template <class Value>
void append_by_worker(Families& families, std::string_view name, std::string_view help,
                      std::span<const MetricsSample> workers, Value value_of) {
  MetricFamily& family = add_family(families, name, help, MetricType::Gauge);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    add_value(family, value_of(workers[i].counters), {label("worker", std::to_string(i))});
  }
}

}  // namespace

void append_overload(Families& families, std::span<const MetricsSample> workers) {
  append_by_worker(families, "gabion_overload_step",
                   "0: none, 1: connections are refused, 2: requests too, 3: the largest holders are ended.", workers,
                   [](const WorkerCounters& worker) { return static_cast<std::uint64_t>(worker.overload_step); });
  append_by_worker(families, "gabion_memory_in_use_bytes", "What counts towards limits.inFlightBytes.", workers,
                   [](const WorkerCounters& worker) { return worker.buffered_bytes; });
  append_by_worker(families, "gabion_memory_limit_bytes", "limits.inFlightBytes.", workers,
                   [](const WorkerCounters& worker) { return worker.memory_limit_bytes; });
  WorkerCounters all;
  for (const MetricsSample& worker : workers) {
    all += worker.counters;
  }
  MetricFamily& entered = add_family(families, "gabion_overload_entered_total",
                                     "How often a step began; none: overload was over.", MetricType::Counter);
  for (std::size_t i = 0; i < EnumCounts<OverloadStep>::kSize; ++i) {
    const auto step = static_cast<OverloadStep>(i);
    add_value(entered, all.overload_entered[step], {label("step", to_string(step))});
  }
  MetricFamily& shed =
      add_family(families, "gabion_overload_shed_total", "What overload refused or ended.", MetricType::Counter);
  add_value(shed, all.overload_refused_connections, {label("action", "refuse_connection")});
  add_value(shed, all.overload_refused_requests, {label("action", "refuse_request")});
  add_value(shed, all.overload_ended, {label("action", "end_largest")});
  add_counter(families, "gabion_overload_ended_bytes_total", "What the largest held when they were ended.",
              all.overload_ended_bytes);
}

}  // namespace gabion::proxy
