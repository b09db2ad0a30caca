// The rules of every pod of a node that a gateway protects, compiled from one reading of the manifests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/gateway_inventory.h"
#include "config/services/service_index.h"
#include "inspect/policy/close_bad_regexes.h"
#include "inspect/policy/decide.h"

namespace gabion::inspect::policy {

/// Immutable. Each pod's rules know every peer: memory is that of a sidecar's rules for each pod.
struct NodePolicies {
  struct Pod {
    const config::ProtectedPod* pod = nullptr;  ///< of `inventory`
    std::shared_ptr<const Decider> policy;
  };
  std::shared_ptr<const config::GatewayInventory> inventory;
  std::shared_ptr<const Decider> nobody;  ///< of no pod: denies everything
  std::vector<Pod> pods;
  std::shared_ptr<const config::services::ServiceIndex> services;  ///< as pods of this node see them
  config::Errors refusals;                                         ///< as PolicySource
  config::Errors warnings;                                         ///< of all pods, each once
};

/// Reads everything anew. `trust_domain` is that of identities. Errors: as load_manifests() and compile(), and
/// GatewayInventory::build().
[[nodiscard]] config::CheckedResult<std::shared_ptr<const NodePolicies>> read_node_policies(
    const std::filesystem::path& directory, const config::GatewayConfig& gateway, const std::string& trust_domain,
    const InspectNames& names);

}  // namespace gabion::inspect::policy
