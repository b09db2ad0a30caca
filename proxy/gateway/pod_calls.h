// How a gateway calls for one of its pods: by the gateway of who is called, or itself from the pod's address.
#pragma once

#include <memory>
#include <string>

#include "config/gateway_inventory.h"
#include "config/proxy_config.h"
#include "proxy/upstream_plan.h"

namespace gabion::proxy {

/// Immutable, part of a snapshot.
class PodCalls {
 public:
  /// `pod` is of `inventory`. REQUIRES: an identity and a gateway.
  PodCalls(std::shared_ptr<const config::GatewayInventory> inventory, const config::ProxyConfig& config,
           const config::ProtectedPod& pod);

  [[nodiscard]] const config::ProtectedPod& pod() const noexcept { return pod_; }
  [[nodiscard]] const config::GatewayInventory& inventory() const noexcept { return *inventory_; }
  /// "shop/orders-0": in logs and metrics.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// What no other pod has, nor a later one of the same name: for pool keys (policy I4).
  [[nodiscard]] const std::string& key() const noexcept { return key_; }

  /// Says how plan.destination is called, and renews the pool key. False: it says in plan.cannot_be_called why it is
  /// not: the pod has no address of that family, its gateway none that is known, or TLS of a database's own would go
  /// through a gateway, which speaks for another.
  [[nodiscard]] bool complete(UpstreamPlan& plan) const;

 private:
  [[nodiscard]] bool call_gateway(UpstreamPlan& plan, const config::IpAddress& own,
                                  const config::ProtectedPod& called) const;

  std::shared_ptr<const config::GatewayInventory> inventory_;
  config::ProtectedPod pod_;
  std::string name_;
  std::string key_;
  std::string identity_;
  std::string node_;  ///< the gateway's own
  std::uint16_t port_;
  std::vector<config::SpiffeId> peers_;
};

/// The SPIFFE id of a pod's service account.
[[nodiscard]] config::SpiffeId identity_of(const config::ProtectedPod& pod, const config::ProxyConfig& config);

}  // namespace gabion::proxy
