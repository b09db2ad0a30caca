// Where the pods of a node are: see node_networks.h.
#include "proxy/interception/node_networks.h"

#include <fmt/format.h>

#include <algorithm>

namespace gabion::proxy::interception {
namespace {

constexpr std::size_t kMostSentences = 8;

bool is_led(const config::kube::Pod& pod, std::string_view node) noexcept {
  return pod.node == node && !pod.host_network && !pod.terminal && !pod.has_sidecar;
}

}  // namespace

config::Result<std::vector<config::Cidr>> networks_of_node(const config::kube::Objects& objects,
                                                           std::string_view node) {
  const auto found = std::find_if(objects.nodes.begin(), objects.nodes.end(),
                                  [node](const config::kube::Node& each) { return each.name == node; });
  if (found == objects.nodes.end()) {
    return config::Error{fmt::format("no Node {} among the manifests: which networks its pods have is not known", node),
                         "--node"};
  }
  if (found->pod_cidrs.empty()) {
    return config::Error{
        fmt::format("Node {} has no spec.podCIDRs, where this CNI gives pods their addresses is not known: "
                    "name the networks by --pod-cidrs",
                    node),
        "--node"};
  }
  return found->pod_cidrs;
}

PodsOutside pods_outside(const config::kube::Objects& objects, std::string_view node,
                         const std::vector<config::Cidr>& networks) {
  PodsOutside outside;
  const auto has = [](const std::vector<config::Cidr>& all, const config::IpAddress& address) {
    return std::any_of(all.begin(), all.end(), [&](const config::Cidr& each) { return each.contains(address); });
  };
  for (const auto& pod : objects.pods) {
    if (!is_led(pod, node)) {
      continue;
    }
    for (const auto& address : pod.addresses) {
      if (has(networks, address) || has(outside.addresses, address)) {
        continue;
      }
      if (outside.addresses.size() == kMostOutside) {
        outside.too_many = true;
        return outside;
      }
      outside.addresses.push_back({address, static_cast<std::uint8_t>(address.is_v4() ? 32 : 128)});
      if (outside.sentences.size() < kMostSentences) {
        outside.sentences.push_back(
            fmt::format("pod {} of node {} has {}, in none of the networks: it is added to them by itself, and later "
                        "pods there are led to nobody until this runs again",
                        pod.name.to_string(), node, address.to_string()));
      }
    }
  }
  return outside;
}

}  // namespace gabion::proxy::interception
