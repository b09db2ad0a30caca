// The one list of detectors.
#include "inspect/detectors.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "inspect/attack/attack_detector.h"
#include "inspect/attack/signatures.h"
#include "inspect/dlp/dlp_detector.h"
#include "inspect/dlp/payment_card_detector.h"
#include "inspect/sql/taint/taint_detector.h"
#include "inspect/waf/detector/rules_detector.h"

namespace gabion::inspect {
namespace {

using config::FindingAction;
using config::InspectionProfile;

bool look_for_attacks(std::span<const InspectionProfile> profiles) noexcept {
  return std::any_of(profiles.begin(), profiles.end(),
                     [](const InspectionProfile& profile) { return profile.attacks != FindingAction::kOff; });
}

/// Null: no rule set can ever be asked for.
std::unique_ptr<const waf::RulesDetector> rules_detector(const InspectionProfile& profile,
                                                         const waf::RuleProfiles& rules, const RuleDemands& demands,
                                                         const config::Limits& limits) {
  const waf::RulesDetector::Bounds bounds{profile.on_limit, limits.scan_bytes};
  std::optional<waf::RulesDetector::Own> own;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (profile.waf && rules[i]->config.name == profile.waf->name) {
      own = {i, profile.waf->mode};
    }
  }
  if (!own && (!demands.waf || rules.empty())) {
    return nullptr;
  }
  if (demands.waf) {
    return std::make_unique<const waf::RulesDetector>(rules, own, bounds);
  }
  return std::make_unique<const waf::RulesDetector>(waf::RuleProfiles{rules[own->index]},
                                                    waf::RulesDetector::Own{0, own->mode}, bounds);
}

/// The listener's own profile, and those that rules may ask for.
void add_dlp_detectors(const InspectionProfile& profile, const dlp::ProfileSet& dlp, const RuleDemands& demands,
                       CompiledProfile& added) {
  const auto add = [&](const std::string& name, dlp::DlpDetector::Asked asked) {
    auto found = dlp.find(name);
    const bool may_be_demanded = std::find(demands.dlp.begin(), demands.dlp.end(), name) != demands.dlp.end();
    const auto reach = may_be_demanded ? found->most(Direction::kResponse)
                                       : found->reach(Direction::kResponse, dlp::Demand::kAsWritten);
    added.reads_answers = true;
    added.rules_answers = added.rules_answers || reach.covers || reach.refuses;
    added.changes_answers = std::max(added.changes_answers, dlp::body_change(reach));
    added.detectors.push_back(std::make_unique<const dlp::DlpDetector>(std::move(found), asked, profile.on_limit));
  };
  if (!profile.dlp.empty()) {
    add(profile.dlp, dlp::DlpDetector::Asked::kListeners);
  }
  for (const std::string& name : demands.dlp) {
    if (name != profile.dlp) {
      add(name, dlp::DlpDetector::Asked::kOnDemand);
    }
  }
}

}  // namespace

config::Result<std::vector<CompiledProfile>> compile_profiles(std::span<const InspectionProfile> profiles,
                                                              std::shared_ptr<const attack::SignatureSets>& signatures,
                                                              const waf::RuleProfiles& rules,
                                                              const dlp::ProfileSet& dlp, const RuleDemands& demands,
                                                              const config::Limits& limits,
                                                              const TaintCollection& taint) {
  if (!signatures && look_for_attacks(profiles)) {
    auto compiled = attack::SignatureSets::compile();
    if (!compiled) {
      return compiled.error();
    }
    signatures = std::move(*compiled);
  }
  std::vector<CompiledProfile> compiled;
  for (const InspectionProfile& profile : profiles) {
    CompiledProfile& added = compiled.emplace_back();
    added.config = profile;
    if (profile.attacks != FindingAction::kOff) {
      added.detectors.push_back(
          std::make_unique<const attack::AttackDetector>(signatures, profile.attacks, profile.on_limit));
    }
    if (auto detector = rules_detector(profile, rules, demands, limits)) {
      added.reads_answers = detector->reads_answers();
      added.rules_answers = added.reads_answers;
      added.detectors.push_back(std::move(detector));
    }
    add_dlp_detectors(profile, dlp, demands, added);
    if (profile.payment_cards != FindingAction::kOff) {
      added.reads_answers = true;
      added.rules_answers = added.rules_answers || profile.payment_cards != FindingAction::kLog;
      if (profile.payment_cards == FindingAction::kMask) {
        added.changes_answers = std::max(added.changes_answers, BodyChange::kSameLength);
      }
      added.detectors.push_back(
          std::make_unique<const dlp::PaymentCardDetector>(profile.payment_cards, profile.on_limit));
    }
    if (taint.store != nullptr) {
      added.detectors.push_back(std::make_unique<const sql::taint::TaintDetector>(taint.store, taint.config));
    }
  }
  return compiled;
}

}  // namespace gabion::inspect
