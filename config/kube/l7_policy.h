// One L7Policy from its manifest (policy §3, l7policies.crd.yaml).
#pragma once

#include <string>

#include "config/kube/fields.h"
#include "config/kube/objects.h"

namespace gabion::config::kube {

/// Reads the spec of the policy called `name`. With anything reported the result is `unreadable` (policy §3.6): its
/// rules are Denies on the ports the policy names in that direction, or on all ports where one could not be read;
/// `mode: DryRun` stays DryRun if it was readable.
[[nodiscard]] L7Policy read_l7_policy(const YamlValue& object, const std::string& path, ObjectName name,
                                      Report& report);

/// The same from the annotation form: `spec` is a spec without podSelector, which is `selector`.
[[nodiscard]] L7Policy read_l7_annotation(const YamlValue& spec, const std::string& path, ObjectName name,
                                          LabelSelector selector, Report& report);

}  // namespace gabion::config::kube
