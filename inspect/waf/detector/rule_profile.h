// A configured rule set, compiled: kept from snapshot to snapshot while neither it nor its files change.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"
#include "config/waf_config.h"
#include "inspect/waf/plan/plan.h"

namespace gabion::inspect::waf {

/// Immutable, shared by all workers.
struct RuleProfile {
  config::WafConfig config;
  std::shared_ptr<const plan::Plan> plan;
  std::vector<std::pair<std::string, std::string>> files;    ///< with folders: RuleSet::stamps
  std::vector<std::pair<std::uint32_t, std::string>> names;  ///< rule ids as text, ascending

  /// The id as text that lives as long as the profile; "0" for what no rule decided.
  [[nodiscard]] std::string_view name_of(std::uint32_t rule_id) const noexcept;
};

using RuleProfiles = std::vector<std::shared_ptr<const RuleProfile>>;

/// Loads and compiles every rule set that is not in `previous` as it is now; of two there the first is taken. With
/// kComplete and without cached databases many seconds: never on a worker. `cache` empty: nothing is cached. Errors:
/// `file:line: what`.
[[nodiscard]] config::CheckedResult<RuleProfiles> compile_rule_profiles(std::span<const config::WafConfig> configs,
                                                                        const std::filesystem::path& cache,
                                                                        const RuleProfiles& previous,
                                                                        plan::Options::Databases databases);

/// Those of `profiles` that are not complete, read and compiled again with all their databases; may run beside anything
/// else. Error also where `stop` came first.
[[nodiscard]] config::CheckedResult<RuleProfiles> complete_rule_profiles(const RuleProfiles& profiles,
                                                                         const std::filesystem::path& cache,
                                                                         const std::stop_token& stop);

}  // namespace gabion::inspect::waf
