// The configuration as the proxy understood it, defaults filled in, for the admin page's /config.
#pragma once

#include <string>

#include "config/proxy_config.h"

namespace gabion::config {

/// Indented JSON with the keys of gabion.yaml, ending in a line feed. Durations and sizes as gabion.yaml spells them.
/// Names of files, never what is in them.
[[nodiscard]] std::string to_json(const ProxyConfig& config);

}  // namespace gabion::config
