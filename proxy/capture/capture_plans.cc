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

/// A service that no route names. Its endpoints are planned once for all connections.
void add_service(Snapshot& snapshot, config::OutboundConfig entry, const config::services::ServiceTarget& target,
                 config::Errors& errors) {
  entry.protocol = protocol_of(target);
  entry.routes = {route_to(snapshot, target)};
  if (entry.protocol == config::Protocol::kHttp2) {
    entry.routes.front().protocol = config::UpstreamProtocol::kHttp2;  // in plain text nothing is negotiated
  }
  ListenerPlan plan = plan_of(entry, *snapshot.inspection);
  plan_service_route(plan, &target, *snapshot.inspection, errors);
  snapshot.capture.services.emplace(&target, std::move(plan));
}

/// What no route names.
void add_others(Snapshot& snapshot, config::Errors& errors) {
  const auto& capture = snapshot.config.capture;
  config::OutboundConfig others;
  others.name = kCaptureOutbound;
  others.arrival = config::Arrival::kCaptured;
  others.protocol = config::Protocol::kAuto;
  others.websocket = capture.websocket;
  others.inspect = capture.inspect;
  snapshot.capture.others = plan_of(others, *snapshot.inspection);
  for (const auto& target : snapshot.inspection->services().targets()) {
    add_service(snapshot, others, *target, errors);
  }
}

}  // namespace

/// Each route of a captured one is found by what the application calls.
void keep_plan(ListenerPlan plan, Snapshot& snapshot) {
  if (plan.arrival == config::Arrival::kDialled) {
    snapshot.sockets.push_back({plan.listen, plan.side, plan.arrival});
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
    snapshot.capture.outbound.push_back(std::move(one));
  }
}

void add_capture(Snapshot& snapshot, config::Errors& errors) {
  const auto& capture = snapshot.config.capture;
  for (const auto& listen : capture.inbound) {
    snapshot.sockets.push_back({listen, inspect::Side::kIngress, config::Arrival::kCaptured});
  }
  for (const auto& listen : capture.outbound) {
    snapshot.sockets.push_back({listen, inspect::Side::kEgress, config::Arrival::kCaptured});
  }
  add_undeclared_ports(snapshot);
  if (!capture.outbound.empty()) {
    add_others(snapshot, errors);
  }
}

}  // namespace gabion::proxy
