// One NetworkPolicy from its manifest.
#pragma once

#include <string>

#include "config/kube/fields.h"
#include "config/kube/objects.h"

namespace gabion::config::kube {

/// Reads the spec of the policy called `name`. With anything reported the result is `unreadable` (policy §1.5): it
/// selects what the podSelector says, or the whole namespace if that is bad too; it isolates the directions that
/// policyTypes says, or both.
[[nodiscard]] NetworkPolicy read_network_policy(const YamlValue& object, const std::string& path, ObjectName name,
                                                Report& report);

}  // namespace gabion::config::kube
