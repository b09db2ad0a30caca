// What of a profile counts for one message: its own rules, what L7 rules demand of it, or both.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "inspect/dlp/dlp_detector.h"
#include "inspect/message.h"

namespace gabion::inspect::dlp {

/// Nothing: nobody wants messages of that direction looked at by the profile.
[[nodiscard]] std::optional<Demand> demand_for(std::string_view profile, DlpDetector::Asked asked, Direction direction,
                                               std::span<const DlpDemand> demands) noexcept;

}  // namespace gabion::inspect::dlp
