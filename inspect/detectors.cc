// The one list of detectors.
#include "inspect/detectors.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "inspect/attack/attack_detector.h"
#include "inspect/attack/signatures.h"
#include "inspect/dlp/payment_card_detector.h"
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
                                                         const waf::RuleProfiles& rules, WafDemands demands) {
  std::optional<waf::RulesDetector::Own> own;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (profile.waf && rules[i]->config.name == profile.waf->name) {
      own = {i, profile.waf->mode};
    }
  }
  if (!own && (demands == WafDemands::kNone || rules.empty())) {
    return nullptr;
  }
  if (demands == WafDemands::kSome) {
    return std::make_unique<const waf::RulesDetector>(rules, own, profile.on_limit);
  }
  return std::make_unique<const waf::RulesDetector>(waf::RuleProfiles{rules[own->index]},
                                                    waf::RulesDetector::Own{0, own->mode}, profile.on_limit);
}

}  // namespace

config::Result<std::vector<CompiledProfile>> compile_profiles(std::span<const InspectionProfile> profiles,
                                                              std::shared_ptr<const attack::SignatureSets>& signatures,
                                                              const waf::RuleProfiles& rules, WafDemands demands) {
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
    if (auto detector = rules_detector(profile, rules, demands)) {
      added.reads_answers = detector->reads_answers();
      added.detectors.push_back(std::move(detector));
    }
    if (profile.payment_cards != FindingAction::kOff) {
      added.reads_answers = true;
      added.detectors.push_back(
          std::make_unique<const dlp::PaymentCardDetector>(profile.payment_cards, profile.on_limit));
    }
  }
  return compiled;
}

}  // namespace gabion::inspect
