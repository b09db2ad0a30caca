// Looking up what Node objects say of addresses: see node_objects.h.
#include "config/kube/node_objects.h"

#include <algorithm>

namespace gabion::config::kube {

NodeObjects::NodeObjects(const std::vector<Node>& nodes) {
  for (const auto& node : nodes) {
    for (const IpAddress& address : node.addresses) {
      addresses_.push_back(address);
      families_.emplace_back(node.name, address.is_v4());
    }
  }
  std::sort(addresses_.begin(), addresses_.end());
  std::sort(families_.begin(), families_.end());
}

bool NodeObjects::leave(std::string_view node, const IpAddress& address) const noexcept {
  return !std::binary_search(families_.begin(), families_.end(), std::pair(node, address.is_v4())) &&
         !std::binary_search(addresses_.begin(), addresses_.end(), address);
}

}  // namespace gabion::config::kube
