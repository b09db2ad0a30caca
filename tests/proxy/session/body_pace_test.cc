// How slowly a body may come: what waiting costs, what bytes earn, and whose time is not counted.
#include "proxy/session/body_pace.h"

#include <gtest/gtest.h>

namespace gabion::proxy {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kRate = 256;
constexpr BodyPace::TimePoint kStart{std::chrono::hours(1)};

TEST(BodyPace, GivesTheGraceFirst) {
  BodyPace pace;
  pace.waiting(kStart, 0, kRate);
  EXPECT_EQ(pace.deadline(), kStart + BodyPace::kGrace);
}

TEST(BodyPace, HasNoDeadlineWhileNobodyWaitsForTheClient) {
  BodyPace pace;
  EXPECT_FALSE(pace.deadline());
  pace.waiting(kStart, 0, kRate);
  pace.resting(kStart + seconds(3), 0, kRate);
  EXPECT_FALSE(pace.deadline());
  pace.waiting(kStart + seconds(100), 0, kRate);
  EXPECT_EQ(pace.deadline(), kStart + seconds(107)) << "only the three seconds of waiting were used up";
}

TEST(BodyPace, HoldsForEverAtTheRateAndEndsBelowIt) {
  BodyPace pace;
  auto now = kStart;
  std::uint64_t moved = 0;
  pace.waiting(now, moved, kRate);
  for (int i = 0; i < 10'000; ++i) {
    now += seconds(1);
    moved += kRate;
    pace.waiting(now, moved, kRate);
    ASSERT_EQ(pace.deadline(), now + BodyPace::kGrace);
  }
  for (int i = 0; i < 20; ++i) {  // at half the rate each second costs half a second
    now += seconds(1);
    moved += kRate / 2;
    pace.waiting(now, moved, kRate);
  }
  EXPECT_EQ(pace.deadline(), now);
}

TEST(BodyPace, DoesNotPayForAnEndlessEndWithAFastBeginning) {
  BodyPace pace;
  pace.waiting(kStart, 0, kRate);
  pace.waiting(kStart, std::uint64_t{1} << 40, kRate);
  EXPECT_EQ(pace.deadline(), kStart + BodyPace::kMost);
}

TEST(BodyPace, IsShortOnceASecondOfTheGraceIsUsed) {
  BodyPace pace;
  EXPECT_FALSE(pace.is_short(kStart));
  pace.waiting(kStart, 0, kRate);
  EXPECT_FALSE(pace.is_short(kStart + seconds(1)));
  EXPECT_TRUE(pace.is_short(kStart + std::chrono::milliseconds(1001)));
  pace.resting(kStart + seconds(2), 0, kRate);
  EXPECT_TRUE(pace.is_short(kStart + seconds(100))) << "resting gives nothing back";
  pace.resting(kStart + seconds(100), kRate, kRate);
  EXPECT_FALSE(pace.is_short(kStart + seconds(100)));
}

TEST(BodyPace, CountsOnlyTheBytesOfItsOwnBody) {
  BodyPace pace(5'000'000);
  pace.waiting(kStart, 5'000'000, kRate);
  EXPECT_EQ(pace.deadline(), kStart + BodyPace::kGrace);
  pace.waiting(kStart, 5'000'256, kRate);
  EXPECT_EQ(pace.deadline(), kStart + BodyPace::kGrace + seconds(1));
}

}  // namespace
}  // namespace gabion::proxy
