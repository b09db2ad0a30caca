// What `gabion net` is asked for: which traffic is led where, and how.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/ip_address.h"

namespace gabion::proxy::interception {

enum class Family : std::uint8_t { kV4, kV6 };

/// Whose traffic is led, and by which rules.
enum class Layout : std::uint8_t {
  kSidecarRedirect,  ///< a pod's, in its own network namespace: REDIRECT both ways
  kSidecarTproxy,    ///< likewise; what comes in by TPROXY, so that the application sees who calls
  kGateway,          ///< of all pods of a node, in the node's: TPROXY both ways
};

/// What is led where. Ports are TCP's; an empty include list means everything.
struct NetSettings {
  Layout layout = Layout::kSidecarRedirect;
  std::uint32_t uid = 1337;             ///< the sidecar's: what it sends is left alone
  std::uint32_t gid = 1337;             ///< likewise; by TPROXY it alone tells what the sidecar sends over loopback
  std::uint16_t inbound_port = 15006;   ///< where the proxy takes what comes in
  std::uint16_t outbound_port = 15001;  ///< where it takes what goes out
  std::uint16_t agent_port = 15020;     ///< of a sidecar: not led anywhere; 0 = none
  std::vector<std::uint16_t> include_inbound_ports;
  std::vector<std::uint16_t> exclude_inbound_ports;
  std::vector<std::uint16_t> include_outbound_ports;  ///< beside include_outbound_cidrs, whatever the address
  std::vector<std::uint16_t> exclude_outbound_ports;
  std::vector<config::Cidr> include_outbound_cidrs;
  std::vector<config::Cidr> exclude_outbound_cidrs;
  std::vector<std::uint32_t> exclude_uids;  ///< of a sidecar: what these send is left alone

  // By TPROXY only.
  std::uint32_t mark = 1338;        ///< of what a sidecar sends to its application: `capture.mark` of gabion.yaml
  std::uint32_t route_mark = 1337;  ///< of what is led to the proxy, and of answers that come back to it
  std::uint32_t table = 133;        ///< the routing table by which these arrive

  // Of a gateway only.
  std::vector<std::string> interfaces;  ///< the pods' own, each one pod's; "veth+" is every name that begins so
  std::vector<config::Cidr> pod_cidrs;  ///< where the pods of this node are
  bool knows_networks = true;           ///< false: nobody says where; what would come to a pod unjudged is dropped
  std::uint16_t hop_port = 15008;       ///< where other gateways call this one: not led anywhere; 0 = none
};

/// What contradicts itself; empty: nothing. Sentences name the option.
[[nodiscard]] std::vector<std::string> contradictions(const NetSettings& settings);

}  // namespace gabion::proxy::interception
