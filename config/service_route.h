// `service` of a route, in place of `destination`: whose endpoints it leads to.
#pragma once

#include <optional>

#include "config/config_field.h"
#include "config/services/service_index.h"

namespace gabion::config {

/// Reads `service: {namespace, name, port}`; refuses what says nothing beside it. Whether there is such a service is
/// not known here.
[[nodiscard]] std::optional<services::ServicePortName> read_route_service(ConfigMap& route);

}  // namespace gabion::config
