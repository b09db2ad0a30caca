// Pods, Namespaces and Nodes: only what policies need, everything else is left alone.
#pragma once

#include <string>

#include "config/kube/fields.h"
#include "config/kube/objects.h"

namespace gabion::config::kube {

/// Unlike policies these may hold any other field; what is read must have the right type.
[[nodiscard]] Pod read_pod(const YamlValue& object, const std::string& path, ObjectName name, Report& report);
[[nodiscard]] Namespace read_namespace(const YamlValue& object, const std::string& path, std::string name,
                                       Report& report);
[[nodiscard]] Node read_node(const YamlValue& object, const std::string& path, std::string name, Report& report);

}  // namespace gabion::config::kube
