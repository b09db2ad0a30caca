// `gateway` of a configuration as the admin page shows it.
#pragma once

#include <boost/json/object.hpp>

#include "config/gateway_config.h"

namespace gabion::config {

[[nodiscard]] boost::json::object gateway_json(const GatewayConfig& gateway);

}  // namespace gabion::config
