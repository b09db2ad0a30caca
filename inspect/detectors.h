// The one list of detectors: a new one is a file pair and a line in detectors.cc.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/proxy_config.h"
#include "config/result.h"
#include "inspect/dlp/profile_set.h"
#include "inspect/snapshot.h"
#include "inspect/sql/taint/candidate_store.h"
#include "inspect/waf/detector/rule_profile.h"

namespace gabion::inspect {

/// Where values of requests are kept for the judgement of statements, and how.
struct TaintCollection {
  std::shared_ptr<sql::taint::CandidateStore> store;  ///< null: nobody asks
  config::SqlTaintConfig config;
};

/// Builds every profile's detectors, in the order they run; what a profile turns off is not built. Pattern databases
/// are compiled once and shared: `signatures` is used if set, else set if some profile needs it. Takes milliseconds to
/// seconds. `rules` are those of `inspection.waf`, `dlp` those of `inspection.dlp`; what L7 rules demand every profile
/// can do. Of `limits` those on inspection count. `taint` is where values of requests are kept for statements, if there
/// are any. Errors: a pattern that does not compile.
struct RuleDemands {
  bool waf = false;              ///< some rule names a rule set
  std::vector<std::string> dlp;  ///< profiles that rules name, each once
};
[[nodiscard]] config::Result<std::vector<CompiledProfile>> compile_profiles(
    std::span<const config::InspectionProfile> profiles, std::shared_ptr<const attack::SignatureSets>& signatures,
    const waf::RuleProfiles& rules = {}, const dlp::ProfileSet& dlp = {}, const RuleDemands& demands = {},
    const config::Limits& limits = {}, const TaintCollection& taint = {});

}  // namespace gabion::inspect
