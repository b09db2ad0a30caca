// What a gateway counts for the pods of its node: see prometheus_gateway.h.
#include "proxy/admin/prometheus_gateway.h"

#include "proxy/admin/labelled_counts.h"

namespace gabion::proxy {

using namespace metric_families;

void append_gateway(Families& families, const LabelledCounts& pods, const ProcessFacts& facts) {
  if (!facts.gateway_pods) {
    return;
  }
  add_gauge(families, "gabion_gateway_pods", "Pods that this gateway stands for.",
            static_cast<double>(*facts.gateway_pods));
  MetricFamily& exchanges =
      add_family(families, "gabion_gateway_exchanges_total",
                 "Exchanges and sessions of a pod of the node, by how they ended.", MetricType::Counter);
  for (const LabelledCounts::Entry& entry : pods.entries()) {
    const auto& [pod, side, outcome, unused] = *entry.labels;
    add_value(exchanges, entry.count, {label("pod", pod), label("side", side), label("outcome", outcome)});
  }
  if (pods.other() > 0) {
    add_value(exchanges, pods.other(), {label("pod", "other"), label("side", "other"), label("outcome", "other")});
  }
}

}  // namespace gabion::proxy
