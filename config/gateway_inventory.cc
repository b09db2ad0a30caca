// Which pods gateways protect, and where those gateways are: see gateway_inventory.h.
#include "config/gateway_inventory.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "config/kube/node_objects.h"

namespace gabion::config {
namespace {

std::optional<IpAddress> of_family(const std::vector<IpAddress>& addresses, bool is_v4) noexcept {
  const auto found = std::find_if(addresses.begin(), addresses.end(),
                                  [is_v4](const IpAddress& address) { return address.is_v4() == is_v4; });
  return found == addresses.end() ? std::nullopt : std::optional(*found);
}

bool has_gateway(const GatewayConfig& gateway, const std::string& node) {
  const auto& nodes = gateway.nodes;
  return !node.empty() &&
         (nodes.empty() || node == gateway.node || std::find(nodes.begin(), nodes.end(), node) != nodes.end());
}

/// Of a pod's `hostIPs` those that Node objects leave.
std::vector<IpAddress> hosts_left(const kube::NodeObjects& told, const kube::Pod& pod) {
  std::vector<IpAddress> left;
  std::copy_if(pod.host_addresses.begin(), pod.host_addresses.end(), std::back_inserter(left),
               [&](const IpAddress& address) { return told.leave(pod.node, address); });
  return left;
}

ProtectedPod protected_pod(const kube::Pod& pod) {
  return {pod.name, pod.uid, pod.service_account, pod.node, pod.addresses};
}

}  // namespace

std::optional<IpAddress> ProtectedPod::address(bool is_v4) const noexcept {
  return of_family(addresses, is_v4);
}

void GatewayInventory::add_node(const std::string& node, const std::vector<IpAddress>& addresses) {
  auto& known = nodes_[node];
  for (const IpAddress& address : addresses) {
    if (std::find(known.begin(), known.end(), address) == known.end()) {
      known.push_back(address);
    }
    const auto [place, is_new] = node_of_.emplace(address, node);
    if (!is_new && place->second != node) {
      place->second.clear();
    }
  }
}

CheckedResult<std::shared_ptr<const GatewayInventory>> GatewayInventory::build(const kube::Objects& objects,
                                                                               const GatewayConfig& gateway) {
  auto made = std::make_shared<GatewayInventory>();
  const kube::NodeObjects told(objects.nodes);
  for (const auto& node : objects.nodes) {
    made->add_node(node.name, node.addresses);
  }
  for (const auto& pod : objects.pods) {
    if (!pod.node.empty() && !pod.terminal) {
      made->add_node(pod.node, hosts_left(told, pod));
    }
    if (pod.host_network || pod.terminal) {
      continue;
    }
    const ProtectedPod* ours = nullptr;
    if (!pod.has_sidecar && !pod.addresses.empty() && has_gateway(gateway, pod.node)) {
      made->pods_.push_back(std::make_unique<const ProtectedPod>(protected_pod(pod)));
      ours = made->pods_.back().get();
    }
    for (const IpAddress& address : pod.addresses) {
      const auto [place, is_new] = made->by_address_.emplace(address, ours);
      if (!is_new) {
        place->second = nullptr;
      }
    }
    if (ours != nullptr && ours->node == gateway.node) {
      made->local_.push_back(ours);
    }
  }
  if (made->local_.size() > gateway.max_pods) {
    return Errors{{fmt::format("node {} has {} pods without a sidecar, more than {}", gateway.node, made->local_.size(),
                               gateway.max_pods),
                   "gateway.maxPods"}};
  }
  return std::shared_ptr<const GatewayInventory>(std::move(made));
}

const ProtectedPod* GatewayInventory::at(const IpAddress& address) const noexcept {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : found->second;
}

std::optional<IpAddress> GatewayInventory::node_address(const std::string& node, bool is_v4) const noexcept {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? std::nullopt : of_family(found->second, is_v4);
}

const std::string& GatewayInventory::node_at(const IpAddress& address) const noexcept {
  static const std::string kNone;
  const auto found = node_of_.find(address);
  return found == node_of_.end() ? kNone : found->second;
}

}  // namespace gabion::config
