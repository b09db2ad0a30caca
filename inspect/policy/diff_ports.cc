// Bounds of numbers, and the numbers that names stand for.
#include "inspect/policy/diff_ports.h"

#include <algorithm>
#include <vector>

namespace gabion::inspect::policy {
namespace {

using config::kube::Objects;
using config::kube::Pod;
using config::kube::PortSpec;
using config::policy::Way;

void add_stretch(std::uint16_t first, std::uint16_t last, std::set<std::uint16_t>& cuts) {
  if (first > 0) {
    cuts.insert(first);
  }
  if (last < 65535) {
    cuts.insert(static_cast<std::uint16_t>(last + 1));
  }
}

void add_port(const PortSpec& port, const Objects& objects, PortCuts& cuts) {
  auto& own = cuts[static_cast<std::size_t>(port.protocol)];
  if (port.name.empty()) {
    add_stretch(port.first, port.last, own);
    return;
  }
  for (const auto& pod : objects.pods) {
    for (const auto& declared : pod.ports) {
      if (declared.name == port.name && declared.protocol == port.protocol) {
        add_stretch(declared.port, declared.port, own);
      }
    }
  }
}

template <class Rules>
void add_rules(const Rules& rules, const Objects& objects, PortCuts& cuts) {
  for (const auto& rule : rules) {
    if constexpr (requires { rule.ports.has_value(); }) {
      for (const auto& port : rule.ports.value_or(std::vector<PortSpec>{})) {
        add_port(port, objects, cuts);
      }
    } else {
      for (const auto& port : rule.ports) {
        add_port(port, objects, cuts);
      }
    }
  }
}

template <class Policies>
void add_policies(const Policies& policies, const Objects& objects, const Pod& pod, Way way, PortCuts& cuts) {
  for (const auto& policy : policies) {
    if (policy.name.name_space == pod.name.name_space && policy.pod_selector.matches(pod.labels)) {
      add_rules(way == Way::kIngress ? policy.ingress : policy.egress, objects, cuts);
    }
  }
}

bool may_list(const config::kube::L7Rule& rule, std::uint16_t port) {
  return std::any_of(rule.ports.begin(), rule.ports.end(), [port](const PortSpec& one) {
    return !one.name.empty() || (one.first <= port && port <= one.last);
  });
}

}  // namespace

PortCuts port_cuts(const Objects& objects, const Pod& pod, Way way) {
  PortCuts cuts;
  add_policies(objects.network_policies, objects, pod, way, cuts);
  add_policies(objects.l7_policies, objects, pod, way, cuts);
  return cuts;
}

std::vector<const config::kube::L7Rule*> l7_rules_on(const Objects& objects, const Pod& pod, Way way,
                                                     std::uint16_t port) {
  std::vector<const config::kube::L7Rule*> result;
  for (const auto& policy : objects.l7_policies) {
    if (policy.name.name_space != pod.name.name_space || !policy.pod_selector.matches(pod.labels)) {
      continue;
    }
    for (const auto& rule : way == Way::kIngress ? policy.ingress : policy.egress) {
      if (may_list(rule, port)) {
        result.push_back(&rule);
      }
    }
  }
  return result;
}

}  // namespace gabion::inspect::policy
