// What a gateway's configuration says of destinations that the manifests make impossible: see route_checks.h.
#include "proxy/gateway/route_checks.h"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace gabion::proxy {
namespace {

/// The protected pod that is called, or one of those.
const config::ProtectedPod* pod_of(const Snapshot& gateway, const config::RouteConfig& route) {
  const auto& inventory = *gateway.inspection->node()->inventory;
  if (!route.service) {
    return inventory.at(route.destination.address);
  }
  for (const bool is_v4 : {true, false}) {
    const auto* target = gateway.inspection->services().find(*route.service, is_v4);
    if (target == nullptr) {
      continue;
    }
    for (const auto& endpoint : target->endpoints) {
      if (const auto* pod = inventory.at(endpoint.at.address); pod != nullptr) {
        return pod;
      }
    }
  }
  return nullptr;
}

}  // namespace

config::Errors routes_that_cannot_hold(const Snapshot& gateway) {
  config::Errors errors;
  for (const auto& outbound : gateway.config.outbound) {
    for (const auto& route : outbound.routes) {
      const auto* pod = route.tls == config::UpstreamTls::kDatabase ? pod_of(gateway, route) : nullptr;
      if (pod != nullptr) {
        errors.emplace_back(
            fmt::format("leads to the pod {}, which a gateway protects: between gateways it is mTLS of theirs, and TLS "
                        "of a database's own cannot go through; only tls: {{mode: DISABLE}}",
                        pod->name.to_string()),
            route.where + ".tls");
      }
    }
  }
  return errors;
}

}  // namespace gabion::proxy
