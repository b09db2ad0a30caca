// Bits of patterns: set, told apart, cleared, grown.
#include "inspect/match/rules/hit_set.h"

#include <gtest/gtest.h>

namespace gabion::inspect::match {
namespace {

TEST(HitSet, TellsMatchedFromUndecided) {
  HitSet hits(130);
  EXPECT_GE(hits.size(), 130U);
  EXPECT_FALSE(hits.any());
  hits.set(0);
  hits.set(129);
  hits.set_undecided(64);
  EXPECT_TRUE(hits.test(0) && hits.test(129));
  EXPECT_FALSE(hits.test(64) || hits.test(63) || hits.test(128));
  EXPECT_TRUE(hits.undecided(64));
  EXPECT_FALSE(hits.undecided(0));
  EXPECT_EQ(hits.words()[2], std::uint64_t{2});
  EXPECT_EQ(hits.undecided_words()[1], std::uint64_t{1});
}

TEST(HitSet, IsEmptyAfterClear) {
  HitSet hits(70);
  hits.set(69);
  hits.set_undecided(3);
  hits.clear();
  EXPECT_FALSE(hits.any() || hits.any_undecided());
  EXPECT_FALSE(hits.test(69) || hits.undecided(3));
}

TEST(HitSet, KeepsItsBitsWhenItGrowsAndNeverShrinks) {
  HitSet hits;
  EXPECT_EQ(hits.size(), 0U);
  hits.fit(1);
  hits.set(0);
  hits.fit(1000);
  EXPECT_TRUE(hits.test(0));
  EXPECT_FALSE(hits.test(999));
  hits.fit(10);
  EXPECT_GE(hits.size(), 1000U);
}

}  // namespace
}  // namespace gabion::inspect::match
