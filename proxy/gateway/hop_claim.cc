// Whether another gateway may say what it says: see hop_claim.h.
#include "proxy/gateway/hop_claim.h"

#include <algorithm>

namespace gabion::proxy {

bool is_gateway(const Snapshot& root, const config::SpiffeId& id) noexcept {
  if (!root.config.gateway) {
    return false;
  }
  const auto& peers = root.config.gateway->peers;
  return std::find(peers.begin(), peers.end(), id) != peers.end();
}

HopVerdict judge_hop(const Snapshot& root, const config::SpiffeId& peer, const config::IpAddress& from,
                     const proxy2::Header& header) {
  const auto refused = [](std::string_view why) { return HopVerdict{nullptr, {}, why}; };
  if (!is_gateway(root, peer)) {
    return refused("the peer is no gateway");
  }
  const auto& inventory = *root.inspection->node()->inventory;
  const std::string& node = inventory.node_at(from);
  if (node.empty()) {
    return refused(kNoNodesAddress);
  }
  const auto* caller = inventory.at(header.source.address);
  if (caller == nullptr) {
    HopVerdict unknown = refused("the caller's address is no pod's that a gateway protects");
    unknown.may_come_to_be_true = true;
    return unknown;
  }
  if (caller->node != node) {
    return refused("the caller is a pod of another node than the gateway's that calls for it");
  }
  HopVerdict verdict;
  verdict.caller = identity_of(*caller, root.config);
  if (header.identity != verdict.caller.to_string()) {
    return refused("the identity is not that of the caller's pod");
  }
  const auto called = root.pods->by_address.find(header.destination.address);
  if (called == root.pods->by_address.end()) {
    HopVerdict unknown = refused("who is called is no pod of this node");
    unknown.may_come_to_be_true = true;
    return unknown;
  }
  verdict.view = called->second;
  return verdict;
}

}  // namespace gabion::proxy
