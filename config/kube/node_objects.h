// What Node objects say of addresses, and what of a pod's word on its node is left to believe.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "config/kube/objects.h"

namespace gabion::config::kube {

/// What a Node object says holds, whatever `status.hostIPs` say: a pod keeps those of its beginning, and its node's
/// former address may be somebody else's by now. Borrows the names of the nodes; immutable.
class NodeObjects {
 public:
  explicit NodeObjects(const std::vector<Node>& nodes);

  /// Whether a pod's word that `address` is its node's is left: the node's object does not speak of that family, and
  /// no object says that it is a node's. `node` may be empty.
  [[nodiscard]] bool leave(std::string_view node, const IpAddress& address) const noexcept;

 private:
  std::vector<IpAddress> addresses_;                         ///< sorted
  std::vector<std::pair<std::string_view, bool>> families_;  ///< sorted: a node's name and whether it is IPv4
};

}  // namespace gabion::config::kube
