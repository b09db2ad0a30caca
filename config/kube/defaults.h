// What the API server fills in before anything is judged (policy R5, R6, R8, R12).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/kube/objects.h"

namespace gabion::config::kube {

/// What `metadata.namespace` means when it is absent.
inline constexpr const char* kDefaultNamespace = "default";

/// The two directions as policyTypes lists them.
struct PolicyTypes {
  bool ingress = false;
  bool egress = false;
};

/// R6: nothing listed becomes Ingress, plus Egress only if there is at least one egress rule.
[[nodiscard]] PolicyTypes default_policy_types(std::optional<PolicyTypes> listed, bool has_egress_rules) noexcept;

/// R8: an empty list of peers or ports means any, as if it were absent.
void apply_defaults(NetworkRule& rule);

/// R12: every namespace has the label kubernetes.io/metadata.name, its name.
void apply_defaults(Namespace& name_space);

}  // namespace gabion::config::kube
