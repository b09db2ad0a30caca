// Which pod a connection is of that was led to a gateway: see pod_connection.h.
#include "proxy/gateway/pod_connection.h"

#include <algorithm>

namespace gabion::proxy {
namespace {

/// The gateway itself was called: nothing was led here.
bool is_gateways_own(const Snapshot& root, const config::Endpoint& original) {
  const bool is_port = std::any_of(root.sockets.begin(), root.sockets.end(),
                                   [&](const ListeningSocket& socket) { return socket.listen.port == original.port; });
  return is_port && root.inspection->node()->inventory->node_at(original.address) == root.config.gateway->node;
}

}  // namespace

PodConnection find_pod(const Snapshot& root, inspect::Side side, const config::Endpoint& original,
                       const config::IpAddress& caller, KeptPlans& kept) {
  if (is_gateways_own(root, original)) {
    return {nullptr, nullptr, Reason::kLoopRefused, {}};
  }
  const bool is_inbound = side == inspect::Side::kIngress;
  const auto found = root.pods->by_address.find(is_inbound ? original.address : caller);
  if (found == root.pods->by_address.end()) {
    return {nullptr, nullptr, Reason::kUnknownPod,
            is_inbound ? "who is called is no pod of this node" : "who calls is no pod of this node"};
  }
  if (is_inbound && root.inspection->node()->inventory->at(caller) != nullptr) {
    return {nullptr, nullptr, Reason::kHopRefused, "the caller has a gateway, and this came without it"};
  }
  auto captured = plan_for_pod(*found->second, side, original, caller, kept);
  return {found->second, std::move(captured.plan), captured.refusal, captured.detail};
}

}  // namespace gabion::proxy
