// Who is picked, who is left alone for how long, and what retries cost; on a clock of the test's.
#include "proxy/upstream/endpoint_table.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace gabion::proxy {
namespace {

using std::chrono::seconds;
using Outcome = EndpointOutcome;

std::vector<config::Endpoint> endpoints(std::size_t count) {
  std::vector<config::Endpoint> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back({config::IpAddress::v4(0x0a000001U + static_cast<std::uint32_t>(i)), 80});
  }
  return made;
}

class EndpointTableTest : public ::testing::Test {
 protected:
  /// A call to endpoint `index` that ends so.
  void call(std::size_t index, Outcome outcome) {
    auto use = table_.use(all_, index);
    table_.report(use, outcome, all_, config_, now_);
  }
  void fail(std::size_t index, int times) {
    for (int i = 0; i < times; ++i) {
      call(index, Outcome::kFailed);
    }
  }
  /// How often each of `all_` is picked in 3000 calls, one after another.
  std::map<std::size_t, int> picks() {
    std::map<std::size_t, int> counts;
    for (int i = 0; i < 3000; ++i) {
      auto use = table_.pick(all_, now_);
      counts[use.index()] += 1;
    }
    return counts;
  }

  /// Whether it is called now, of all; by chance it would be missed once in 10^10 times.
  bool is_called(std::size_t index) {
    for (int i = 0; i < 80; ++i) {
      if (table_.pick(all_, now_).index() == index) {
        return true;
      }
    }
    return false;
  }

  EndpointTable table_{7};
  config::EndpointsConfig config_;
  std::vector<config::Endpoint> all_ = endpoints(4);
  EndpointTable::TimePoint now_{std::chrono::hours(1)};
};

TEST_F(EndpointTableTest, IdleEndpointsAreCalledEquallyOften) {
  for (const auto& [index, count] : picks()) {
    EXPECT_NEAR(count, 750, 120) << index;
  }
}

TEST_F(EndpointTableTest, OfTwoTheOneWithFewerCallsIsPicked) {
  std::vector<EndpointUse> busy;
  for (int i = 0; i < 5; ++i) {
    busy.push_back(table_.use(all_, 0));
  }
  EXPECT_EQ(picks().count(0), 0U);
  busy.clear();
  EXPECT_EQ(table_.in_flight(all_[0]), 0U);
  EXPECT_GT(picks()[0], 0);
}

TEST_F(EndpointTableTest, CallsThatStaySpreadEvenly) {
  std::vector<EndpointUse> kept;
  for (int i = 0; i < 400; ++i) {
    kept.push_back(table_.pick(all_, now_));
  }
  for (const auto& endpoint : all_) {
    EXPECT_NEAR(table_.in_flight(endpoint), 100, 5);
  }
}

TEST_F(EndpointTableTest, WhoFailsAgainAndAgainIsLeftAlone) {
  fail(1, 4);
  EXPECT_EQ(table_.ejected_count(), 0U);
  call(1, Outcome::kServed);  // not one after another
  fail(1, 4);
  EXPECT_EQ(table_.ejected_count(), 0U);
  call(1, Outcome::kUnknown);  // says nothing
  fail(1, 1);
  EXPECT_EQ(table_.ejected(), (std::vector<config::Endpoint>{all_[1]}));
  EXPECT_EQ(picks().count(1), 0U);
  EXPECT_EQ(table_.counters().ejections, 1U);
}

TEST_F(EndpointTableTest, ASingleCallFindsOutWhetherItIsBack) {
  fail(1, 5);
  now_ += seconds(29);
  EXPECT_EQ(picks().count(1), 0U);
  now_ += seconds(1);
  std::vector<EndpointUse> under_way;
  int probes = 0;
  for (int i = 0; i < 200; ++i) {
    under_way.push_back(table_.pick(all_, now_));
    probes += under_way.back().index() == 1 ? 1 : 0;
  }
  EXPECT_EQ(probes, 1);
  for (auto& use : under_way) {
    table_.report(use, Outcome::kServed, all_, config_, now_);
  }
  EXPECT_EQ(table_.ejected_count(), 0U);
  EXPECT_EQ(table_.counters().returned, 1U);
  under_way.clear();
  EXPECT_GT(picks()[1], 0);
}

TEST_F(EndpointTableTest, AProbeOfWhichNothingIsLearntIsRepeated) {
  fail(1, 5);
  now_ += seconds(30);
  const auto only = [](std::size_t index) { return index == 1; };
  {
    auto probe = table_.pick(all_, now_, only);
    EXPECT_EQ(probe.index(), 1U);
  }
  auto probe = table_.pick(all_, now_, only);
  table_.report(probe, Outcome::kServed, all_, config_, now_);
  EXPECT_EQ(table_.ejected_count(), 0U);
}

TEST_F(EndpointTableTest, EachEjectionIsLongerUpToALimitAndGoodTimesAreRemembered) {
  const auto only = [](std::size_t index) { return index == 1; };
  fail(1, 5);
  int longest = 0;
  for (int times = 1; times <= 12; ++times) {
    int waited = 0;
    for (; !is_called(1) && waited < 400; ++waited) {
      now_ += seconds(1);
    }
    longest = waited;
    EXPECT_EQ(waited, std::min(30 * times, 300)) << times;
    auto probe = table_.pick(all_, now_, only);
    table_.report(probe, Outcome::kFailed, all_, config_, now_);
  }
  EXPECT_EQ(longest, 300);
  now_ += seconds(300);
  {
    auto probe = table_.pick(all_, now_, only);
    table_.report(probe, Outcome::kServed, all_, config_, now_);
  }
  now_ += seconds(300);
  fail(1, 5);
  now_ += seconds(29);
  EXPECT_FALSE(is_called(1));
  now_ += seconds(1);
  EXPECT_TRUE(is_called(1)) << "as if for the first time";
}

TEST_F(EndpointTableTest, HalfOfThemAreEjectedAtMost) {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    fail(i, 20);
  }
  EXPECT_EQ(table_.ejected_count(), 2U);
  EXPECT_GT(table_.counters().withheld, 0U);
}

TEST_F(EndpointTableTest, OneAlwaysStays) {
  config_.max_ejected_percent = 100;
  for (std::size_t count : {1U, 2U, 3U}) {
    EndpointTable table(1);
    const auto few = endpoints(count);
    for (std::size_t i = 0; i < count; ++i) {
      for (int times = 0; times < 9; ++times) {
        auto use = table.use(few, i);
        table.report(use, Outcome::kFailed, few, config_, now_);
      }
    }
    EXPECT_EQ(table.ejected_count(), count - 1);
  }
}

TEST_F(EndpointTableTest, WhereAllThatAreLeftAreEjectedTheyAreCalledAllTheSame) {
  fail(0, 5);
  fail(1, 5);
  const std::vector<config::Endpoint> left{all_[0], all_[1]};
  auto use = table_.pick(left, now_);
  EXPECT_TRUE(use);
}

TEST_F(EndpointTableTest, NobodyIsPickedOfNoneOrBeyondTheFilter) {
  EXPECT_FALSE(table_.pick({}, now_));
  EXPECT_FALSE(table_.pick(all_, now_, [](std::size_t) { return false; }));
  auto use = table_.pick(all_, now_, [](std::size_t index) { return index == 2; });
  EXPECT_EQ(use.index(), 2U);
}

TEST_F(EndpointTableTest, NothingIsKeptOfWhoIsGoneAndNotInUse) {
  auto used = table_.use(all_, 0);
  fail(1, 5);
  fail(2, 1);
  table_.keep_only({all_[2]}, {});
  EXPECT_EQ(table_.size(), 2U);  // in use, and known
  used = {};
  table_.keep_only({all_[2]}, {});
  EXPECT_EQ(table_.size(), 1U);
}

TEST_F(EndpointTableTest, RetriesAreAPartOfRequestsBeyondAReserve) {
  int granted = 0;
  while (table_.take_retry("shop/orders:80", now_)) {
    ++granted;
  }
  EXPECT_EQ(granted, RetryBudget::kReserve);
  for (int i = 0; i < 100; ++i) {
    table_.note_request("shop/orders:80", config_, now_);
  }
  for (granted = 0; table_.take_retry("shop/orders:80", now_);) {
    ++granted;
  }
  EXPECT_EQ(granted, 20);
  EXPECT_TRUE(table_.take_retry("shop/others:80", now_)) << "each service pays for its own";
  now_ += seconds(3);
  for (granted = 0; table_.take_retry("shop/orders:80", now_);) {
    ++granted;
  }
  EXPECT_EQ(granted, 3);
  EXPECT_GT(table_.counters().retries_denied, 0U);
}

}  // namespace
}  // namespace gabion::proxy
