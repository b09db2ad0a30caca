// The defaulting rules, one function each.
#include "config/kube/defaults.h"

namespace gabion::config::kube {

PolicyTypes default_policy_types(std::optional<PolicyTypes> listed, bool has_egress_rules) noexcept {
  if (listed && (listed->ingress || listed->egress)) {
    return *listed;
  }
  return PolicyTypes{true, has_egress_rules};
}

void apply_defaults(NetworkRule& rule) {
  if (rule.peers && rule.peers->empty()) {
    rule.peers.reset();
  }
  if (rule.ports && rule.ports->empty()) {
    rule.ports.reset();
  }
}

void apply_defaults(Namespace& name_space) {
  name_space.labels.emplace("kubernetes.io/metadata.name", name_space.name);
}

}  // namespace gabion::config::kube
