// From the address that a captured connection was on its way to, to the plan it is served under: see captured_plan.h.
#include "proxy/capture/captured_plan.h"

#include <algorithm>
#include <array>

#include "proxy/capture/destinations.h"

namespace gabion::proxy {
namespace {

/// Called from there the application is reached without being captured again (policy.md §7.1).
config::IpAddress application_source(const config::IpAddress& application) noexcept {
  if (application.is_v4()) {
    return config::IpAddress::v4(0x7f000006);
  }
  std::array<std::uint8_t, 16> bytes{};
  bytes.back() = 6;
  return config::IpAddress::v6(bytes);
}

std::string inbound_family(const ListenerPlan& plan) {
  return "captured in " + std::to_string(plan.port) + kEndOfPoolFamily;
}

/// A new snapshot may forbid a destination or know it no longer: connections kept under an older one are not used
/// again.
std::string outbound_family(const Snapshot& snapshot) {
  return "captured out " + std::to_string(snapshot.generation) + kEndOfPoolFamily;
}

/// `like` for one address that was called.
CapturedPlan plan_port(const ListenerPlan& like, const config::Endpoint& original) {
  auto plan = std::make_shared<ListenerPlan>(like);
  UpstreamPlan& target = plan->upstreams.front();
  plan->listen = target.destination = original;
  plan->port = original.port;
  target.destination_text = original.to_string();
  target.source = application_source(original.address);
  target.pool_key = inbound_family(like) + pool_key_of(target);
  return {std::move(plan), Reason::kNone};
}

CapturedPlan plan_inbound(const Snapshot& snapshot, const config::Endpoint& original) {
  const auto& known = snapshot.capture.inbound;
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const auto& plan) { return plan.port == original.port; });
  if (found != known.end()) {
    return plan_port(*found, original);
  }
  return snapshot.capture.ports ? plan_port(*snapshot.capture.ports, original)
                                : CapturedPlan{nullptr, Reason::kUndeclaredPort};
}

/// To an address that no entry of the configuration names, whose protocol nobody declared.
CapturedPlan plan_address(const Snapshot& snapshot, const config::Endpoint& original, config::RouteConfig route) {
  auto plan = std::make_shared<ListenerPlan>(*snapshot.capture.others);
  plan->listen = original;
  UpstreamPlan target;
  target.name = route.name;
  target.destination = route.destination;
  target.destination_text = route.destination.to_string();
  target.tls = route.tls;
  // In plain text nothing is negotiated.
  target.protocol = route.tls == config::UpstreamTls::kMutual ? route.protocol : config::UpstreamProtocol::kHttp1;
  target.server_ids = route.server_ids;
  target.pool_key = outbound_family(snapshot) + pool_key_of(target);
  plan->upstreams = {std::move(target)};
  plan->routes = {std::move(route)};
  return {std::move(plan), Reason::kNone};
}

/// Which entry of the configuration names what was called: the address, or the service whose address it is.
const ListenerPlan* entry_for(const Snapshot& snapshot, const config::Endpoint& original,
                              const config::services::ServiceTarget* target) {
  const auto names_it = [&](const ListenerPlan& plan) {
    const auto& service = plan.routes.front().service;
    return service ? target != nullptr && target->is(*service) : plan.listen == original;
  };
  const auto& known = snapshot.capture.outbound;
  const auto found = std::find_if(known.begin(), known.end(), names_it);
  return found == known.end() ? nullptr : &*found;
}

CapturedPlan plan_as(const ListenerPlan& like, const config::Endpoint& original) {
  auto plan = std::make_shared<ListenerPlan>(like);
  plan->listen = original;
  return {std::move(plan), Reason::kNone};
}

/// A route of the configuration, else what is known of the destination.
CapturedPlan plan_outbound(const Snapshot& snapshot, const config::Endpoint& original) {
  const auto* target = snapshot.service_at(original);
  if (const auto* entry = entry_for(snapshot, original, target); entry != nullptr) {
    return plan_as(*entry, original);
  }
  if (!snapshot.capture.others) {
    return {nullptr, Reason::kUnknownDestination};
  }
  if (target != nullptr) {
    return plan_as(snapshot.capture.services.at(target), original);
  }
  if (auto route = route_to(snapshot, original)) {
    return plan_address(snapshot, original, *std::move(route));
  }
  switch (snapshot.config.capture.unknown) {
    case config::UnknownDestination::kAllow:
      return plan_address(snapshot, original, route_to_unknown(original));
    case config::UnknownDestination::kDeny:
      break;
  }
  return {nullptr, Reason::kUnknownDestination};
}

/// Nobody is led to where it wanted to go anyway: our own ports were called by their address.
bool is_own_listener(const Snapshot& snapshot, inspect::Side side, const config::Endpoint& original,
                     const config::Endpoint& local) {
  const auto is_ours = [&](const ListeningSocket& socket) {
    return socket.arrival == config::Arrival::kCaptured && socket.listen.port == original.port;
  };
  return original == local ||
         (side == inspect::Side::kIngress && std::any_of(snapshot.sockets.begin(), snapshot.sockets.end(), is_ours));
}

CapturedPlan plan_for(const Snapshot& snapshot, inspect::Side side, const config::Endpoint& original) {
  return side == inspect::Side::kIngress ? plan_inbound(snapshot, original) : plan_outbound(snapshot, original);
}

}  // namespace

CapturedPlan plan_captured(const Snapshot& snapshot, inspect::Side side, const config::Endpoint& original,
                           const config::Endpoint& local) {
  return is_own_listener(snapshot, side, original, local) ? CapturedPlan{nullptr, Reason::kLoopRefused}
                                                          : plan_for(snapshot, side, original);
}

PlanRef current_plan(const Snapshot& snapshot, const ListenerPlan& earlier) {
  if (earlier.arrival == config::Arrival::kDialled) {
    return {std::shared_ptr<void>(), snapshot.listener_at(earlier.listen)};
  }
  return plan_for(snapshot, earlier.side, earlier.listen).plan;
}

std::unordered_set<std::string> captured_pool_families(const Snapshot& snapshot) {
  std::unordered_set<std::string> families;
  for (const auto& plan : snapshot.capture.inbound) {
    families.insert(inbound_family(plan));
  }
  if (snapshot.capture.ports) {
    families.insert(inbound_family(*snapshot.capture.ports));
  }
  if (snapshot.capture.others) {
    families.insert(outbound_family(snapshot));
  }
  return families;
}

}  // namespace gabion::proxy
