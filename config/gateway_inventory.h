// Which pods gateways protect, and where those gateways are: what a gateway believes of callers and of the called.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/gateway_config.h"
#include "config/ip_address.h"
#include "config/kube/objects.h"
#include "config/result.h"

namespace gabion::config {

/// A pod with addresses of its own, alive, without a sidecar, on a node that has a gateway.
struct ProtectedPod {
  kube::ObjectName name;
  std::string uid;  ///< may be empty
  std::string service_account;
  std::string node;
  std::vector<IpAddress> addresses;

  /// Of that family; nothing: it has none.
  [[nodiscard]] std::optional<IpAddress> address(bool is_v4) const noexcept;
};

/// Of one reading of the manifests: immutable. An address that several pods hold, or several nodes, is nobody's.
class GatewayInventory {
 public:
  /// Errors: the node has more pods than `gateway` allows.
  [[nodiscard]] static CheckedResult<std::shared_ptr<const GatewayInventory>> build(const kube::Objects& objects,
                                                                                    const GatewayConfig& gateway);

  /// Those of the gateway's own node.
  [[nodiscard]] const std::vector<const ProtectedPod*>& local() const noexcept { return local_; }
  /// Null: no pod that a gateway protects.
  [[nodiscard]] const ProtectedPod* at(const IpAddress& address) const noexcept;
  /// Where the node's gateway is called; nothing: nobody says an address of that family.
  [[nodiscard]] std::optional<IpAddress> node_address(const std::string& node, bool is_v4) const noexcept;
  /// The node whose address it is; empty: none, or several.
  [[nodiscard]] const std::string& node_at(const IpAddress& address) const noexcept;

 private:
  void add_node(const std::string& node, const std::vector<IpAddress>& addresses);

  std::vector<std::unique_ptr<const ProtectedPod>> pods_;
  std::vector<const ProtectedPod*> local_;
  std::unordered_map<IpAddress, const ProtectedPod*> by_address_;  ///< null: of a pod that is none of ours, or several
  std::unordered_map<std::string, std::vector<IpAddress>> nodes_;
  std::unordered_map<IpAddress, std::string> node_of_;  ///< empty: of several
};

}  // namespace gabion::config
