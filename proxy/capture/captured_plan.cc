// From the address that a captured connection was on its way to, to the plan it is served under: see captured_plan.h.
#include "proxy/capture/captured_plan.h"

#include <algorithm>
#include <array>

#include "proxy/capture/capture_plans.h"
#include "proxy/capture/destinations.h"
#include "proxy/net/original_dst.h"
#include "proxy/net/socket.h"

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

/// Of a gateway's pod: whose it is.
std::string owner_of(const Snapshot& snapshot) {
  return snapshot.calls == nullptr ? std::string() : " " + snapshot.calls->key();
}

std::string inbound_family(const Snapshot& snapshot, const ListenerPlan& plan) {
  return "captured in " + std::to_string(plan.port) + owner_of(snapshot) + kEndOfPoolFamily;
}

/// A new snapshot may forbid a destination or know it no longer: connections kept under an older one are not used
/// again.
std::string outbound_family(const Snapshot& snapshot) {
  return "captured out " + std::to_string(snapshot.generation) + owner_of(snapshot) + kEndOfPoolFamily;
}

config::CaptureMode mode_of(const Snapshot& snapshot, inspect::Side side) noexcept {
  const auto& capture = snapshot.config.capture;
  return side == inspect::Side::kIngress ? capture.inbound_mode : capture.outbound_mode;
}

/// fe80::/10: an address of one interface, and which one is not told with it.
bool is_link_local(const config::IpAddress& address) noexcept {
  return !address.is_v4() && address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0U) == 0x80;
}

/// Where the application is called from: pool keys hold it, so no connection serves two callers that it tells apart.
/// Nobody can be called from a link-local address, the application then sees what it sees by REDIRECT.
void plan_source(UpstreamPlan& target, config::CaptureMode mode, const config::IpAddress& caller) {
  switch (mode) {
    case config::CaptureMode::kRedirect:
      target.source = application_source(target.destination.address);
      return;
    case config::CaptureMode::kTproxy:
      target.source_is_foreign = !is_link_local(caller);
      target.source = target.source_is_foreign ? caller : application_source(target.destination.address);
      return;
  }
}

/// `like` for one address that was called.
CapturedPlan plan_port(const Snapshot& snapshot, const ListenerPlan& like, const config::Endpoint& original,
                       const config::IpAddress& caller) {
  auto plan = std::make_shared<ListenerPlan>(like);
  UpstreamPlan& target = plan->upstreams.front();
  plan->listen = target.destination = original;
  plan->port = original.port;
  plan->caller = caller;
  target.destination_text = original.to_string();
  if (snapshot.calls == nullptr || caller != original.address) {  // a pod would take no answer from its own address
    plan_source(target, mode_of(snapshot, inspect::Side::kIngress), caller);
  }
  target.pool_prefix = inbound_family(snapshot, like);
  target.pool_key = pool_key_of(target);
  return {std::move(plan), Reason::kNone, {}};
}

CapturedPlan plan_inbound(const Snapshot& snapshot, const config::Endpoint& original, const config::IpAddress& caller) {
  const auto& known = snapshot.capture.inbound;
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const auto& plan) { return plan.port == original.port; });
  if (found != known.end()) {
    return plan_port(snapshot, *found, original, caller);
  }
  return snapshot.capture.ports ? plan_port(snapshot, *snapshot.capture.ports, original, caller)
                                : CapturedPlan{nullptr, Reason::kUndeclaredPort, {}};
}

/// To an address that no entry of the configuration names, whose protocol nobody declared.
PlanRef plan_address(const Snapshot& snapshot, const config::Endpoint& original, config::RouteConfig route) {
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
  target.pool_prefix = outbound_family(snapshot);
  target.pool_key = pool_key_of(target);
  if (snapshot.calls != nullptr) {
    [[maybe_unused]] const bool can_be_called = snapshot.calls->complete(target);  // if_it_can_be_called() asks
  }
  plan->upstreams = {std::move(target)};
  plan->routes = {std::move(route)};
  return plan;
}

/// Which entry of the configuration names the address that was called.
const ListenerPlan* entry_for(const Snapshot& snapshot, const config::Endpoint& original) {
  const auto& known = snapshot.capture.outbound;
  const auto found = std::find_if(known.begin(), known.end(), [&](const ListenerPlan& plan) {
    return !plan.routes.front().service && plan.listen == original;
  });
  return found == known.end() ? nullptr : &*found;
}

PlanRef plan_as(const ListenerPlan& like, const config::Endpoint& original) {
  auto plan = std::make_shared<ListenerPlan>(like);
  plan->listen = original;
  return plan;
}

/// Endpoints that a gateway's pod calls are planned when it first does; those of a sidecar were, with its snapshot.
/// (Nothing can be wrong with them: a service that no entry names has no files.)
PlanRef plan_service_at(const Snapshot& snapshot, const config::services::ServiceTarget& target,
                        const config::Endpoint& original, KeptPlans& kept) {
  if (auto earlier = kept.find(snapshot, original)) {
    return earlier;
  }
  config::Errors errors;
  auto plan = std::make_shared<ListenerPlan>(plan_of_service(snapshot, target, outbound_family(snapshot), errors));
  plan->listen = original;
  if (!errors.empty()) {
    return nullptr;
  }
  kept.keep(snapshot, original, plan);
  return plan;
}

/// A route of the configuration, else what is known of the destination. Null: nothing, and it is to be refused.
PlanRef plan_of_call(const Snapshot& snapshot, const config::Endpoint& original, KeptPlans& kept) {
  if (const auto* entry = entry_for(snapshot, original); entry != nullptr) {
    return plan_as(*entry, original);
  }
  const auto* target = snapshot.service_at(original);
  const auto& services = snapshot.capture.services;
  if (const auto found = services.find(target); found != services.end()) {
    return plan_as(found->second, original);
  }
  if (!snapshot.capture.others) {
    return nullptr;
  }
  if (target != nullptr) {
    return plan_service_at(snapshot, *target, original, kept);
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
  return nullptr;
}

/// What a gateway cannot call as it is said is not called otherwise.
CapturedPlan if_it_can_be_called(PlanRef plan) {
  const bool has_service = !plan->services.empty() && plan->services.front() != nullptr;
  const std::string_view why_not =
      has_service ? plan->services.front()->cannot_be_called : plan->upstreams.front().cannot_be_called;
  return why_not.empty() ? CapturedPlan{std::move(plan), Reason::kNone, {}}
                         : CapturedPlan{nullptr, Reason::kUncallableDestination, why_not};
}

CapturedPlan plan_outbound(const Snapshot& snapshot, const config::Endpoint& original, KeptPlans& kept) {
  auto plan = plan_of_call(snapshot, original, kept);
  return plan == nullptr ? CapturedPlan{nullptr, Reason::kUnknownDestination, {}}
                         : if_it_can_be_called(std::move(plan));
}

/// Our own ports were called by their address. REDIRECT leads nobody to where it wanted to go anyway; TPROXY does, but
/// never to a port of ours.
bool is_own_listener(const Snapshot& snapshot, inspect::Side side, const CapturedCall& call) {
  const auto is_ours = [&](const ListeningSocket& socket) {
    return socket.arrival == config::Arrival::kCaptured && socket.listen.port == call.original.port;
  };
  const bool is_one_of_ours = std::any_of(snapshot.sockets.begin(), snapshot.sockets.end(), is_ours);
  switch (mode_of(snapshot, side)) {
    case config::CaptureMode::kRedirect:
      return call.original == call.local || (side == inspect::Side::kIngress && is_one_of_ours);
    case config::CaptureMode::kTproxy:
      return is_one_of_ours;
  }
  return true;
}

CapturedPlan plan_for(const Snapshot& snapshot, inspect::Side side, const config::Endpoint& original,
                      const config::IpAddress& caller, KeptPlans& kept) {
  return side == inspect::Side::kIngress ? plan_inbound(snapshot, original, caller)
                                         : plan_outbound(snapshot, original, kept);
}

}  // namespace

/// TPROXY leaves the called address on the socket. What has our own port there came by its address, or by REDIRECT: the
/// pod's own calls to itself do.
CapturedCall captured_call(const ListeningSocket& socket, int fd) noexcept {
  CapturedCall call;
  call.local = local_endpoint(fd);
  call.caller = remote_endpoint(fd).address;
  const bool as_it_came = socket.mode == config::CaptureMode::kTproxy && call.local.port != socket.listen.port;
  call.original = as_it_came ? call.local : original_destination(fd).value_or(call.local);
  return call;
}

CapturedPlan plan_for_pod(const Snapshot& view, inspect::Side side, const config::Endpoint& original,
                          const config::IpAddress& caller, KeptPlans& kept) {
  return plan_for(view, side, original, caller, kept);
}

CapturedPlan plan_captured(const Snapshot& snapshot, inspect::Side side, const CapturedCall& call, KeptPlans& kept) {
  return is_own_listener(snapshot, side, call) ? CapturedPlan{nullptr, Reason::kLoopRefused, {}}
                                               : plan_for(snapshot, side, call.original, call.caller, kept);
}

PlanRef current_plan(const Snapshot& snapshot, const ListenerPlan& earlier, KeptPlans& kept) {
  if (earlier.arrival == config::Arrival::kDialled) {
    return {std::shared_ptr<void>(), snapshot.listener_at(earlier.listen)};
  }
  return plan_for(snapshot, earlier.side, earlier.listen, earlier.caller, kept).plan;
}

std::unordered_set<std::string> captured_pool_families(const Snapshot& snapshot) {
  std::unordered_set<std::string> families;
  for (const auto& plan : snapshot.capture.inbound) {
    families.insert(inbound_family(snapshot, plan));
  }
  if (snapshot.capture.ports) {
    families.insert(inbound_family(snapshot, *snapshot.capture.ports));
  }
  if (snapshot.capture.others) {
    families.insert(outbound_family(snapshot));
  }
  return families;
}

}  // namespace gabion::proxy
