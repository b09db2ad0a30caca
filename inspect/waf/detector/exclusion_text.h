// Exclusions of gabion.yaml in the rules' own language.
#pragma once

#include <string>

#include "config/waf_config.h"

namespace gabion::inspect::waf {

/// What is read before the rules: exclusions below a path, which act while a request is judged.
[[nodiscard]] std::string text_before_rules(const config::WafConfig& config);
/// What is read after them: exclusions that hold everywhere.
[[nodiscard]] std::string text_after_rules(const config::WafConfig& config);

/// Ids of the rules made for exclusions begin here.
inline constexpr std::uint32_t kFirstExclusionId = 4'000'000'000;

}  // namespace gabion::inspect::waf
