// Where the policies of a pod cut its ports: between two cuts every port is answered alike.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/rule_set.h"

namespace gabion::inspect::policy {

/// First ports of stretches, by IpProtocol; 0 is left out.
using PortCuts = std::array<std::set<std::uint16_t>, 3>;

/// Of the policies that select `pod`, in this direction. Named ports count with every number they have on any pod.
[[nodiscard]] PortCuts port_cuts(const config::kube::Objects& objects, const config::kube::Pod& pod,
                                 config::policy::Way way);

/// The L7 rules of the policies that select `pod`, in this direction, that may list this TCP port.
[[nodiscard]] std::vector<const config::kube::L7Rule*> l7_rules_on(const config::kube::Objects& objects,
                                                                   const config::kube::Pod& pod,
                                                                   config::policy::Way way, std::uint16_t port);

}  // namespace gabion::inspect::policy
