// The one list of detectors: a new one is a file pair and a line in detectors.cc.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "config/proxy_config.h"
#include "config/result.h"
#include "inspect/snapshot.h"
#include "inspect/waf/detector/rule_profile.h"

namespace gabion::inspect {

/// Builds every profile's detectors, in the order they run; what a profile turns off is not built. Pattern databases
/// are compiled once and shared: `signatures` is used if set, else set if some profile needs it. Takes milliseconds to
/// seconds. `rules` are those of `inspection.waf`; with `demands` every profile can judge by any of them, since L7
/// rules may ask for it. Errors: a pattern that does not compile.
enum class WafDemands : std::uint8_t { kNone, kSome };
[[nodiscard]] config::Result<std::vector<CompiledProfile>> compile_profiles(
    std::span<const config::InspectionProfile> profiles, std::shared_ptr<const attack::SignatureSets>& signatures,
    const waf::RuleProfiles& rules = {}, WafDemands demands = WafDemands::kNone);

}  // namespace gabion::inspect
