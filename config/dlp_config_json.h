// `inspection.dlp` as it holds, for `gabion check` and /config.
#pragma once

#include <boost/json.hpp>

#include "config/dlp_config.h"

namespace gabion::config {

/// Allow-listed values and examples are counted, not told.
[[nodiscard]] boost::json::object dlp_json(const DlpConfig& config);

}  // namespace gabion::config
