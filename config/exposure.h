// What a configuration opens to whoever can reach it, though it is allowed.
#pragma once

#include "config/proxy_config.h"

namespace gabion::config {

/// Warnings for `gabion check` and the event log; `where` is "file: key.path".
[[nodiscard]] Errors exposure_warnings(const ProxyConfig& config);

}  // namespace gabion::config
