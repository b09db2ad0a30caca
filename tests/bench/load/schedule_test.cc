// Arrivals are due at a constant rate whatever happens, and a stall is seen by every request that was due in it.
#include "bench/load/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "bench/load/histogram.h"

namespace gabion::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart = TimePoint() + std::chrono::hours(1);

TEST(ScheduleTest, ArrivalsAreEvenlyApart) {
  Schedule schedule(kStart, 1000, 0, 1);
  for (int i = 0; i < 5000; ++i) {
    EXPECT_EQ(schedule.take(), kStart + milliseconds(i));
  }
  EXPECT_EQ(schedule.interval(), milliseconds(1));
}

TEST(ScheduleTest, LookingTakesNothing) {
  Schedule schedule(kStart, 10, 0, 1);
  EXPECT_EQ(schedule.next(), schedule.next());
  EXPECT_EQ(schedule.take(), kStart);
  EXPECT_EQ(schedule.next(), kStart + milliseconds(100));
}

TEST(ScheduleTest, ARateThatDividesNothingDoesNotDrift) {
  Schedule schedule(kStart, 3, 0, 1);
  for (int i = 0; i < 3 * 3600; ++i) {
    schedule.take();
  }
  const auto error = schedule.next() - (kStart + seconds(3600));
  EXPECT_LT(std::chrono::abs(error), microseconds(1));
}

TEST(ScheduleTest, WorkersTogetherMakeTheWhole) {
  constexpr std::uint32_t kWorkers = 3;
  std::vector<TimePoint> all;
  for (std::uint32_t worker = 0; worker < kWorkers; ++worker) {
    Schedule share(kStart, 1000, worker, kWorkers);
    for (int i = 0; i < 100; ++i) {
      all.push_back(share.take());
    }
  }
  std::sort(all.begin(), all.end());
  Schedule whole(kStart, 1000, 0, 1);
  for (const TimePoint due : all) {
    EXPECT_EQ(due, whole.take());
  }
}

/// One connection to a server that takes `service` for an answer but answers nothing between `from` and `until`.
Histogram play(Schedule schedule, milliseconds service, milliseconds from, milliseconds until, milliseconds end) {
  Histogram latency;
  auto now = kStart;
  while (schedule.next() < kStart + end) {
    now = std::max(now, schedule.next());
    const auto due = schedule.take();
    const bool stalled = now + service > kStart + from && now < kStart + until;
    now = (stalled ? kStart + until : now) + service;
    latency.record(static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(now - due).count()));
  }
  return latency;
}

TEST(ScheduleTest, AStallIsSeenByAllThatWereDueInIt) {
  // 100 requests a second for 10 s, 1 ms each; from second 5 to 6 the server stands still. A client that only measured
  // from sending would have seen one slow answer in 1,000; a hundred were due, the last of them as the stall ended.
  const auto latency = play(Schedule(kStart, 100, 0, 1), milliseconds(1), seconds(5), seconds(6), seconds(10));
  EXPECT_EQ(latency.count(), 1000U);
  EXPECT_EQ(latency.percentile(50), 1000U);
  EXPECT_GE(latency.percentile(99), 800'000U);
  EXPECT_GE(latency.percentile(95), 400'000U);
  EXPECT_NEAR(static_cast<double>(latency.max()), 1'001'000, 1'001);
}

}  // namespace
}  // namespace gabion::bench
