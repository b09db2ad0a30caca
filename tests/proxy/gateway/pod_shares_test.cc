// A pod has its share of a worker's connections, on each side, and gives back what ends.
#include "proxy/gateway/pod_shares.h"

#include <gtest/gtest.h>

#include <vector>

namespace gabion::proxy {
namespace {

using inspect::Side;

TEST(PodShares, EachPodAndSideHasItsOwn) {
  PodShares shares;
  std::vector<PodShares::Place> places;
  for (const auto* pod : {"shop/web u1", "shop/cart u2"}) {
    for (const auto side : {Side::kIngress, Side::kEgress}) {
      for (int i = 0; i < 3; ++i) {
        auto place = shares.take(pod, side, 3);
        ASSERT_TRUE(place) << pod << i;
        places.push_back(*std::move(place));
      }
      EXPECT_FALSE(shares.take(pod, side, 3)) << pod;
    }
  }
  EXPECT_EQ(shares.pods(), 2);
}

TEST(PodShares, APlaceIsGivenBackOnceHoweverOftenItMoved) {
  PodShares shares;
  {
    auto first = shares.take("shop/web u1", Side::kEgress, 1);
    ASSERT_TRUE(first);
    PodShares::Place second = *std::move(first);
    PodShares::Place third = std::move(second);
    EXPECT_FALSE(shares.take("shop/web u1", Side::kEgress, 1));
  }
  EXPECT_EQ(shares.pods(), 0) << "who has none is not remembered";
  EXPECT_TRUE(shares.take("shop/web u1", Side::kEgress, 1));
}

}  // namespace
}  // namespace gabion::proxy
