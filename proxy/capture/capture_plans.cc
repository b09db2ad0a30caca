// Sockets, entries without `listen`, and what no entry names: see capture_plans.h.
#include "proxy/capture/capture_plans.h"

#include <utility>

#include "proxy/capture/destinations.h"
#include "proxy/listener_plans.h"

namespace gabion::proxy {
namespace {

/// Ports that no entry names.
void add_undeclared_ports(Snapshot& snapshot) {
  const auto& capture = snapshot.config.capture;
  if (capture.inbound.empty() || capture.undeclared == config::UndeclaredPort::kDeny) {
    return;
  }
  config::InboundConfig ports;
  ports.name = kCaptureInbound;
  ports.arrival = config::Arrival::kCaptured;
  ports.protocol = config::Protocol::kAuto;
  ports.tls = capture.inbound_tls;
  snapshot.capture.ports = plan_of(ports, *snapshot.inspection);
}

config::OutboundConfig entry_of_others(const config::CaptureConfig& capture) {
  config::OutboundConfig others;
  others.name = kCaptureOutbound;
  others.arrival = config::Arrival::kCaptured;
  others.protocol = config::Protocol::kAuto;
  others.websocket = capture.websocket;
  others.inspect = capture.inspect;
  return others;
}

/// What no route names. A sidecar plans the endpoints of services once for all connections; of a gateway's pods, where
/// that would be every endpoint once a pod, those are planned that are called.
void add_others(Snapshot& snapshot, config::Errors& errors) {
  snapshot.capture.others = plan_of(entry_of_others(snapshot.config.capture), *snapshot.inspection);
  if (snapshot.calls != nullptr) {
    return;
  }
  for (const auto& target : snapshot.inspection->services().targets()) {
    if (!snapshot.capture.services.contains(&*target)) {  // no route names it
      snapshot.capture.services.emplace(&*target, plan_of_service(snapshot, *target, {}, errors));
    }
  }
}

/// A service that a route names, by each of its families: who dials an address is answered at one of the same family,
/// unless the entry dials from an address of its own. False: the manifests have no such service.
bool keep_service(const ListenerPlan& plan, Snapshot& snapshot, config::Errors& errors) {
  bool found = false;
  for (const bool is_v4 : {true, false}) {
    const auto* target = snapshot.inspection->services().find(*plan.routes.front().service, is_v4);
    if (target == nullptr) {
      continue;
    }
    ListenerPlan one = plan;
    if (!one.upstreams.front().source) {
      one.services.clear();
      plan_service_route(one, target, *snapshot.inspection, errors, snapshot.calls.get());
    }
    snapshot.capture.services.emplace(target, std::move(one));
    found = true;
  }
  return found;
}

}  // namespace

ListenerPlan plan_of_service(const Snapshot& snapshot, const config::services::ServiceTarget& target,
                             const std::string& pool_prefix, config::Errors& errors) {
  auto entry = entry_of_others(snapshot.config.capture);
  entry.protocol = protocol_of(target);
  entry.routes = {route_to(snapshot, target)};
  if (entry.protocol == config::Protocol::kHttp2) {
    entry.routes.front().protocol = config::UpstreamProtocol::kHttp2;  // in plain text nothing is negotiated
  }
  ListenerPlan plan = plan_of(entry, *snapshot.inspection);
  plan.upstreams.front().pool_prefix = pool_prefix;
  plan_service_route(plan, &target, *snapshot.inspection, errors, snapshot.calls.get());
  return plan;
}

/// Each route of a captured one is found by what the application calls.
void keep_plan(ListenerPlan plan, Snapshot& snapshot, config::Errors& errors) {
  if (plan.arrival == config::Arrival::kDialled) {
    snapshot.sockets.push_back({plan.listen, plan.side, plan.arrival, config::CaptureMode::kRedirect});
    snapshot.listeners.push_back(std::move(plan));
    return;
  }
  if (plan.side == inspect::Side::kIngress) {
    snapshot.capture.inbound.push_back(std::move(plan));
    return;
  }
  for (std::size_t i = 0; i < plan.routes.size(); ++i) {
    ListenerPlan one = plan;
    const auto& route = plan.routes[i];
    one.listen = {route.pod.value_or(route.destination.address), route.port};
    one.routes = {route};
    one.upstreams = {plan.upstreams[i]};
    one.services = {plan.services[i]};
    if (!route.service || !keep_service(one, snapshot, errors)) {
      snapshot.capture.outbound.push_back(std::move(one));
    }
  }
}

void add_capture(Snapshot& snapshot, config::Errors& errors) {
  const auto& capture = snapshot.config.capture;
  for (const auto& listen : capture.inbound) {
    snapshot.sockets.push_back({listen, inspect::Side::kIngress, config::Arrival::kCaptured, capture.inbound_mode});
  }
  for (const auto& listen : capture.outbound) {
    snapshot.sockets.push_back({listen, inspect::Side::kEgress, config::Arrival::kCaptured, capture.outbound_mode});
  }
  add_undeclared_ports(snapshot);
  if (!capture.outbound.empty()) {
    add_others(snapshot, errors);
  }
}

}  // namespace gabion::proxy
