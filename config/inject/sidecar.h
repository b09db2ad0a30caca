// The containers and volumes that injection adds.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "config/inject/settings.h"

namespace gabion::config::inject {

/// Sets the rules up and ends: root with NET_ADMIN and NET_RAW, nothing else.
[[nodiscard]] boost::json::object init_container(const Settings& settings);

/// The proxy: uid 1337, no capability, read-only root. `ports` and `probes` are what the pod's containers declare.
[[nodiscard]] boost::json::object proxy_container(const Settings& settings, const boost::json::array& ports,
                                                  const boost::json::object& probes);

/// `service_account` as the pod names it; empty is "default".
[[nodiscard]] boost::json::array proxy_volumes(const Settings& settings, std::string_view service_account);

}  // namespace gabion::config::inject
