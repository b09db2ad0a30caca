// Plans are made once for an address, a view and a generation, and no more are kept than may be.
#include "proxy/capture/kept_plans.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::proxy {
namespace {

config::Endpoint at(std::string_view text) {
  return *config::Endpoint::parse(text);
}

class KeptPlansTest : public ::testing::Test {
 protected:
  static std::shared_ptr<Snapshot> view(std::uint64_t generation, std::uint32_t most = 10) {
    auto made = std::make_shared<Snapshot>();
    made->generation = generation;
    made->config.limits.planned_endpoints = most;
    return made;
  }
  /// Counts `endpoints` and one more.
  static std::shared_ptr<const ListenerPlan> plan(std::size_t endpoints = 0) {
    auto made = std::make_shared<ListenerPlan>();
    auto service = std::make_shared<ServicePlan>();
    service->endpoints.resize(endpoints);
    made->services = {nullptr, service};
    return made;
  }
  std::uint64_t dropped() { return metrics_.sample().counters.limit_total[Limit::kPlannedEndpoints]; }

  WorkerMetrics metrics_;
  KeptPlans kept_{metrics_};
};

TEST_F(KeptPlansTest, WhatWasKeptIsFoundByViewAndAddress) {
  const auto web = view(1);
  const auto cart = view(1);
  const auto planned = plan(3);
  EXPECT_EQ(kept_.find(*web, at("10.0.0.1:80")), nullptr);
  kept_.keep(*web, at("10.0.0.1:80"), planned);
  EXPECT_EQ(kept_.find(*web, at("10.0.0.1:80")), planned);
  EXPECT_EQ(kept_.find(*web, at("10.0.0.1:81")), nullptr);
  EXPECT_EQ(kept_.find(*web, at("10.0.0.2:80")), nullptr);
  EXPECT_EQ(kept_.find(*cart, at("10.0.0.1:80")), nullptr) << "another pod's rules";
  EXPECT_EQ(kept_.endpoints(), 4);
}

TEST_F(KeptPlansTest, ANewerGenerationKnowsNothingOfItAndAnOlderOneIsNotKept) {
  const auto old = view(1);
  const auto fresh = view(2);
  kept_.keep(*old, at("10.0.0.1:80"), plan());
  EXPECT_EQ(kept_.find(*fresh, at("10.0.0.1:80")), nullptr);
  EXPECT_EQ(kept_.endpoints(), 0);
  kept_.keep(*fresh, at("10.0.0.1:80"), plan());
  kept_.keep(*old, at("10.0.0.2:80"), plan());
  EXPECT_EQ(kept_.find(*old, at("10.0.0.2:80")), nullptr);
  EXPECT_NE(kept_.find(*fresh, at("10.0.0.1:80")), nullptr);
  kept_.forget();
  EXPECT_EQ(kept_.find(*fresh, at("10.0.0.1:80")), nullptr);
}

TEST_F(KeptPlansTest, BeyondTheLimitTheOneAskedForLongestAgoGoes) {
  const auto web = view(1, 10);
  kept_.keep(*web, at("10.0.0.1:80"), plan(3));
  kept_.keep(*web, at("10.0.0.2:80"), plan(3));
  const auto first = kept_.find(*web, at("10.0.0.1:80"));
  EXPECT_EQ(dropped(), 0);
  kept_.keep(*web, at("10.0.0.3:80"), plan(1));
  EXPECT_EQ(dropped(), 0);
  EXPECT_EQ(kept_.endpoints(), 10);
  kept_.keep(*web, at("10.0.0.4:80"), plan(0));
  EXPECT_EQ(dropped(), 1);
  EXPECT_EQ(kept_.find(*web, at("10.0.0.2:80")), nullptr);
  EXPECT_EQ(kept_.find(*web, at("10.0.0.1:80")), first);
  EXPECT_EQ(kept_.endpoints(), 7);
}

TEST_F(KeptPlansTest, WhatIsLargerThanTheLimitIsServedAndNotKept) {
  const auto web = view(1, 10);
  kept_.keep(*web, at("10.0.0.1:80"), plan(3));
  kept_.keep(*web, at("10.0.0.2:80"), plan(10));
  EXPECT_EQ(dropped(), 1);
  EXPECT_EQ(kept_.find(*web, at("10.0.0.2:80")), nullptr);
  EXPECT_NE(kept_.find(*web, at("10.0.0.1:80")), nullptr);
}

TEST_F(KeptPlansTest, ManyAddressesTakeNoMoreThanTheLimit) {
  const auto web = view(1, 10);
  for (int i = 0; i < 1'000; ++i) {
    kept_.keep(*web, at("10.0." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250) + ":80"), plan());
    EXPECT_LE(kept_.endpoints(), 10);
  }
  EXPECT_EQ(dropped(), 990);
}

}  // namespace
}  // namespace gabion::proxy
