// The one list of detectors.
#include "inspect/detectors.h"

#include <algorithm>
#include <memory>

#include "inspect/attack/attack_detector.h"
#include "inspect/attack/signatures.h"
#include "inspect/dlp/payment_card_detector.h"

namespace gabion::inspect {
namespace {

using config::FindingAction;
using config::InspectionProfile;

bool look_for_attacks(std::span<const InspectionProfile> profiles) noexcept {
  return std::any_of(profiles.begin(), profiles.end(),
                     [](const InspectionProfile& profile) { return profile.attacks != FindingAction::kOff; });
}

}  // namespace

config::Result<std::vector<CompiledProfile>> compile_profiles(
    std::span<const InspectionProfile> profiles, std::shared_ptr<const attack::SignatureSets>& signatures) {
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
    if (profile.payment_cards != FindingAction::kOff) {
      added.detectors.push_back(
          std::make_unique<const dlp::PaymentCardDetector>(profile.payment_cards, profile.on_limit));
    }
  }
  return compiled;
}

}  // namespace gabion::inspect
