// What one identity was given is counted over a sliding window, in bounded memory.
#include "inspect/dlp/budget.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace gabion::inspect::dlp {
namespace {

using std::chrono::minutes;

constexpr Budget::Clock::time_point kStart{std::chrono::hours(100'000)};

TEST(Budget, IsSpentAndComesBackWithTime) {
  Budget budget(10, minutes(60));
  EXPECT_EQ(budget.spend("a", 8, kStart), Budget::Answer::kWithin);
  EXPECT_EQ(budget.spend("a", 3, kStart + minutes(1)), Budget::Answer::kSpent);
  EXPECT_EQ(budget.spend("a", 2, kStart + minutes(2)), Budget::Answer::kWithin);
  EXPECT_EQ(budget.spend("b", 10, kStart + minutes(2)), Budget::Answer::kWithin) << "another identity";
  EXPECT_EQ(budget.spend("a", 1, kStart + minutes(59)), Budget::Answer::kSpent);
  EXPECT_EQ(budget.spend("a", 1, kStart + minutes(61)), Budget::Answer::kSpent) << "the last window still weighs";
  EXPECT_EQ(budget.spend("a", 5, kStart + minutes(90)), Budget::Answer::kWithin) << "half of it does";
  EXPECT_EQ(budget.spend("a", 10, kStart + minutes(300)), Budget::Answer::kWithin);
}

TEST(Budget, OneLargeMessageIsMoreThanTheShare) {
  Budget budget(10, minutes(60));
  EXPECT_EQ(budget.spend("a", 11, kStart), Budget::Answer::kSpent);
  EXPECT_EQ(budget.spend("a", 10, kStart), Budget::Answer::kWithin) << "what was refused does not count";
}

TEST(Budget, AClockThatGoesBackGivesNothing) {
  Budget budget(10, minutes(60));
  EXPECT_EQ(budget.spend("a", 10, kStart), Budget::Answer::kWithin);
  EXPECT_EQ(budget.spend("a", 1, kStart - minutes(180)), Budget::Answer::kSpent);
}

TEST(Budget, ForgetsWhoWasQuietLongest) {
  Budget budget(1, minutes(60));
  for (std::size_t i = 0; i < Budget::kMaxIdentities + 10; ++i) {
    ASSERT_EQ(budget.spend(std::to_string(i), 1, kStart), Budget::Answer::kWithin);
  }
  EXPECT_EQ(budget.forgotten(), 10U);
  EXPECT_EQ(budget.spend("0", 1, kStart), Budget::Answer::kWithin) << "it was forgotten";
  EXPECT_EQ(budget.spend("100", 1, kStart), Budget::Answer::kSpent) << "it was not";
}

TEST(Budget, IsOneForAllWorkers) {
  Budget budget(1'000, minutes(60));
  std::vector<std::thread> workers;
  std::array<int, 4> within{};
  for (int& count : within) {
    workers.emplace_back([&budget, &count] {
      for (int i = 0; i < 1'000; ++i) {
        count += budget.spend("a", 1, kStart) == Budget::Answer::kWithin ? 1 : 0;
      }
    });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  EXPECT_EQ(within[0] + within[1] + within[2] + within[3], 1'000);
}

}  // namespace
}  // namespace gabion::inspect::dlp
