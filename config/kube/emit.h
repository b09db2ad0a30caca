// Policies back to YAML, so that parsing the text again gives the same policy.
#pragma once

#include <string>

#include "config/kube/objects.h"

namespace gabion::config::kube {

/// The annotation that says where an imported policy comes from.
inline constexpr const char* kImportedFrom = "gabion.dev/imported-from";

/// One document, without "---". `imported_from` empty: no annotation. policyTypes are always written.
/// REQUIRES: a policy that was read or could be: `unreadable` is not set.
[[nodiscard]] std::string to_yaml(const NetworkPolicy& policy, const std::string& imported_from);
[[nodiscard]] std::string to_yaml(const L7Policy& policy, const std::string& imported_from);

}  // namespace gabion::config::kube
