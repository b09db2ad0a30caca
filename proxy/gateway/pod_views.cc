// A gateway's snapshot for each pod that it stands for: see pod_views.h.
#include "proxy/gateway/pod_views.h"

#include <utility>

namespace gabion::proxy {
namespace {

/// Everything heavy is the gateway's own; what is not is the rules, and the plans of what they let be called.
std::shared_ptr<Snapshot> view_of(const Snapshot& gateway, const inspect::policy::NodePolicies::Pod& pod) {
  auto view = std::make_shared<Snapshot>();
  view->generation = gateway.generation;
  view->config = gateway.config;
  view->config.workload = {pod.pod->name.name_space, pod.pod->name.name};
  view->inspection = gateway.inspection->with_policy(pod.policy);
  view->tls = gateway.tls;
  view->calls = std::make_shared<const PodCalls>(gateway.inspection->node()->inventory, gateway.config, *pod.pod);
  return view;
}

void add_sockets(Snapshot& gateway) {
  const auto add = [&gateway](const std::vector<config::Endpoint>& listens, inspect::Side side,
                              config::Arrival arrival) {
    const auto mode =
        arrival == config::Arrival::kCaptured ? config::CaptureMode::kTproxy : config::CaptureMode::kRedirect;
    for (const auto& listen : listens) {
      gateway.sockets.push_back({listen, side, arrival, mode});
    }
  };
  add(gateway.config.capture.inbound, inspect::Side::kIngress, config::Arrival::kCaptured);
  add(gateway.config.capture.outbound, inspect::Side::kEgress, config::Arrival::kCaptured);
  add(gateway.config.gateway->hop, inspect::Side::kIngress, config::Arrival::kHop);
}

}  // namespace

void add_pods(Snapshot& gateway, config::Errors& errors) {
  add_sockets(gateway);
  auto views = std::make_shared<PodViews>();
  const auto& inventory = *gateway.inspection->node()->inventory;
  for (const auto& pod : gateway.inspection->node()->pods) {
    auto view = view_of(gateway, pod);
    plan_entries(*view, errors);
    if (!errors.empty()) {
      return;  // of the next pod they would be the same
    }
    for (const auto& address : pod.pod->addresses) {
      if (inventory.at(address) == pod.pod) {
        views->by_address.emplace(address, view);
      }
    }
    views->by_key.emplace(view->calls->key(), view);
    views->all.push_back(std::move(view));
  }
  gateway.pods = std::move(views);
}

}  // namespace gabion::proxy
