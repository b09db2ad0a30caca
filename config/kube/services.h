// Services and EndpointSlices: what is needed to find who answers at a service's address.
#pragma once

#include <string>

#include "config/kube/fields.h"
#include "config/kube/objects.h"

namespace gabion::config::kube {

/// Both may hold any other field; what is read is checked as the API server does. One difference: endpoints on loopback
/// addresses are taken, so that a mesh can be tried on one machine.
[[nodiscard]] Service read_service(const YamlValue& object, const std::string& path, ObjectName name, Report& report);
[[nodiscard]] EndpointSlice read_endpoint_slice(const YamlValue& object, const std::string& path, ObjectName name,
                                                Report& report);

}  // namespace gabion::config::kube
