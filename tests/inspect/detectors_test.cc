// The list of detectors: what a profile switches on is built, what it switches off is not.
#include "inspect/detectors.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::inspect {
namespace {

using config::FindingAction;

std::vector<std::string> names_of(FindingAction attacks, FindingAction payment_cards) {
  config::InspectionProfile profile;
  profile.name = "default";
  profile.attacks = attacks;
  profile.payment_cards = payment_cards;
  std::shared_ptr<const attack::SignatureSets> signatures;
  const auto compiled = compile_profiles({&profile, 1}, signatures);
  EXPECT_TRUE(compiled.has_value());
  std::vector<std::string> names;
  for (const auto& detector : compiled->front().detectors) {
    names.emplace_back(detector->name());
  }
  return names;
}

TEST(DetectorsTest, BuildsWhatTheProfileSwitchesOn) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of(FindingAction::kBlock, FindingAction::kMask), (Names{"attack", "payment_card"}));
  EXPECT_EQ(names_of(FindingAction::kOff, FindingAction::kLog), (Names{"payment_card"}));
  EXPECT_EQ(names_of(FindingAction::kLog, FindingAction::kOff), (Names{"attack"}));
  EXPECT_EQ(names_of(FindingAction::kOff, FindingAction::kOff), Names{});
}

}  // namespace
}  // namespace gabion::inspect
