// `mode: gateway` of gabion.yaml: whose pods are protected here, and who the gateways of other nodes are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/ip_address.h"
#include "config/spiffe_id.h"

namespace gabion::config {

/// `gateway`.
struct GatewayConfig {
  std::string node;                    ///< spec.nodeName of the pods that are protected
  std::vector<Endpoint> hop;           ///< listens for other gateways, and for itself
  std::uint16_t port = 15008;          ///< where those of other nodes listen
  std::vector<SpiffeId> peers;         ///< who is a gateway; never empty
  std::vector<std::string> nodes;      ///< that have one; empty: every node of the inventory
  std::uint32_t max_pods = 256;        ///< of this node; a load with more is refused
  std::uint32_t pending_hops = 1'000;  ///< of one address in a worker: who has shaken hands, and said whose, is not
};

}  // namespace gabion::config
