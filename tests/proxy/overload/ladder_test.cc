// The steps of overload: where each begins, where it is over, and that nothing flaps near a mark.
#include "proxy/overload/ladder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::proxy {
namespace {

using Step = OverloadStep;

constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kLimit = 1'000 * kMiB;
/// Marks at 800, 900 and 950 MiB; over below 750, 850 and 900.
constexpr config::OverloadConfig kConfig{
    .refuse_connections = 80, .refuse_requests = 90, .end_largest = 95, .recover = 5};

struct Way {
  const char* name;
  std::vector<std::uint64_t> in_use;  ///< MiB
  std::vector<Step> steps;
};

class LadderWay : public ::testing::TestWithParam<Way> {};

TEST_P(LadderWay, LeadsToTheseSteps) {
  OverloadLadder ladder(kConfig, kLimit);
  std::vector<Step> steps;
  for (const std::uint64_t mib : GetParam().in_use) {
    const std::uint64_t in_use = mib * kMiB;
    const Step before = ladder.step();
    const bool changed = ladder.climb(in_use);
    EXPECT_EQ(changed, ladder.step() != before);
    EXPECT_GE(in_use, ladder.low());
    EXPECT_LT(in_use, ladder.high());
    steps.push_back(ladder.step());
  }
  EXPECT_EQ(steps, GetParam().steps);
}

INSTANTIATE_TEST_SUITE_P(
    Ladder, LadderWay,
    ::testing::Values(Way{"Quiet", {0, 799}, {Step::kNone, Step::kNone}},
                      Way{"UpOneByOne",
                          {799, 800, 899, 900, 949, 950, 5'000},
                          {Step::kNone, Step::kRefuseConnections, Step::kRefuseConnections, Step::kRefuseRequests,
                           Step::kRefuseRequests, Step::kEndLargest, Step::kEndLargest}},
                      Way{"DownOneByOne",
                          {950, 900, 899, 850, 849, 750, 749},
                          {Step::kEndLargest, Step::kEndLargest, Step::kRefuseRequests, Step::kRefuseRequests,
                           Step::kRefuseConnections, Step::kRefuseConnections, Step::kNone}},
                      Way{"AllAtOnce", {10'000, 0}, {Step::kEndLargest, Step::kNone}},
                      Way{"NearAMarkItStays",
                          {800, 799, 800, 751, 800, 750},
                          {Step::kRefuseConnections, Step::kRefuseConnections, Step::kRefuseConnections,
                           Step::kRefuseConnections, Step::kRefuseConnections, Step::kRefuseConnections}},
                      Way{"BelowItsEndItBeginsAtItsMarkAgain",
                          {800, 749, 799, 800},
                          {Step::kRefuseConnections, Step::kNone, Step::kNone, Step::kRefuseConnections}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(OverloadLadderTest, WithEqualMarksGoesToTheLastStepAtOnce) {
  constexpr config::OverloadConfig kEqual{
      .refuse_connections = 100, .refuse_requests = 100, .end_largest = 100, .recover = 50};
  OverloadLadder ladder(kEqual, kLimit);
  EXPECT_FALSE(ladder.climb(kLimit - 1));
  EXPECT_TRUE(ladder.climb(kLimit));
  EXPECT_EQ(ladder.step(), Step::kEndLargest);
  EXPECT_FALSE(ladder.climb(kLimit / 2));
  EXPECT_TRUE(ladder.climb(kLimit / 2 - 1));
  EXPECT_EQ(ladder.step(), Step::kNone);
}

TEST(OverloadLadderTest, LeavesRoomForAFewBuffersWhereTheLimitIsSmall) {
  constexpr std::uint64_t kKiB = 1024;
  OverloadLadder small(kConfig, 256 * kKiB);
  EXPECT_TRUE(small.climb(205 * kKiB));
  EXPECT_EQ(small.low(), 256 * kKiB * 80 / 100 - 64 * kKiB);
  OverloadLadder smallest(kConfig, 64 * kKiB);
  EXPECT_TRUE(smallest.climb(52 * kKiB));
  EXPECT_EQ(smallest.low(), 64 * kKiB * 80 / 100 - 64 * kKiB * 80 / 100 / 2);
  EXPECT_TRUE(smallest.climb(0));
  EXPECT_EQ(smallest.step(), Step::kNone);
}

TEST(OverloadLadderTest, CountsAsFarAsALimitMayGo) {
  constexpr std::uint64_t kTiB = 1ULL << 40U;
  OverloadLadder ladder(kConfig, kTiB);
  EXPECT_FALSE(ladder.climb(kTiB / 100 * 79));
  EXPECT_TRUE(ladder.climb(kTiB / 100 * 81));
}

TEST(OverloadLadderTest, EveryStepHasAName) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Step::kCount); ++i) {
    EXPECT_NE(to_string(static_cast<Step>(i)), "unknown");
  }
}

}  // namespace
}  // namespace gabion::proxy
