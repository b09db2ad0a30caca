// The parts NetworkPolicy and L7Policy have in common: selectors, peers, ports.
#pragma once

#include <cstdint>
#include <string>

#include "config/kube/fields.h"
#include "config/kube/objects.h"

namespace gabion::config::kube {

/// Which policy a peer is read for: only an L7Policy may name service accounts.
enum class PeerSchema : std::uint8_t { kNetworkPolicy, kL7Policy };

/// A label selector (V2 to V5). A null label value becomes "" with a warning.
[[nodiscard]] LabelSelector read_selector(const YamlValue& value, const std::string& path, Report& report);

/// A map of labels of any object.
[[nodiscard]] Labels read_labels(const YamlValue& value, const std::string& path, Report& report);

/// One item of from/to (V11 to V14). `name_space` is the policy's, the default of serviceAccount.
[[nodiscard]] PeerSpec read_peer(const YamlValue& value, const std::string& path, PeerSchema schema,
                                 const std::string& name_space, Report& report);

/// cidr and except (V13, V14).
[[nodiscard]] IpBlock read_ip_block(const YamlValue& value, const std::string& path, Nulls nulls, Report& report);

/// `port` and `endPort` of a port item into `port` (V7 to V9).
void read_port_range(Fields& fields, PortSpec& port);

}  // namespace gabion::config::kube
