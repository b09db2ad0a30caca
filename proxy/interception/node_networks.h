// Where the pods of a node are, as the manifests of its cluster say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/kube/objects.h"
#include "config/result.h"

namespace gabion::proxy::interception {

/// spec.podCIDRs of its Node object. Errors: there is no such Node, or it has none (some CNIs do not use them).
[[nodiscard]] config::Result<std::vector<config::Cidr>> networks_of_node(const config::kube::Objects& objects,
                                                                         std::string_view node);

/// What of the pods of a node is in none of its networks.
struct PodsOutside {
  std::vector<config::Cidr> addresses;  ///< each one whole, once; no more than kMostOutside
  std::vector<std::string> sentences;   ///< no more than eight
  bool too_many = false;                ///< there are more: these are led to nobody
};

inline constexpr std::size_t kMostOutside = 256;

/// Pods of the node that a gateway would stand for and that have an address in none of `networks`: what comes to it
/// from outside would be led to nobody.
[[nodiscard]] PodsOutside pods_outside(const config::kube::Objects& objects, std::string_view node,
                                       const std::vector<config::Cidr>& networks);

}  // namespace gabion::proxy::interception
