// Timers fire once, in time, never early, and survive whatever fires beside them.
#include "proxy/net/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace gabion::proxy {
namespace {

using std::chrono::milliseconds;
using TimePoint = Timer::TimePoint;

constexpr TimePoint kStart{std::chrono::hours(1)};

TimePoint at(int ms) {
  return kStart + milliseconds(ms);
}

class RecordingTimer final : public Timer {
 public:
  explicit RecordingTimer(std::function<void()> on_fire = {}) : on_fire_(std::move(on_fire)) {}
  int fired = 0;

 private:
  void on_expired() noexcept override {
    ++fired;
    if (on_fire_) {
      on_fire_();
    }
  }
  std::function<void()> on_fire_;
};

/// Advances in steps of `step_ms` and answers when the timer fired, -1 if never.
int fire_time(TimerWheel& wheel, const RecordingTimer& timer, int from_ms, int to_ms, int step_ms) {
  for (int now = from_ms; now <= to_ms; now += step_ms) {
    wheel.advance(at(now));
    if (timer.fired != 0) {
      return now;
    }
  }
  return -1;
}

struct DeadlineCase {
  int deadline_ms;
  int step_ms;
};

class DeadlineTest : public ::testing::TestWithParam<DeadlineCase> {};

TEST_P(DeadlineTest, FiresOnceAtMostOneTickAndOneStepLateAndNeverEarly) {
  const auto [deadline_ms, step_ms] = GetParam();
  TimerWheel wheel(kStart);
  RecordingTimer timer;
  timer.set(wheel, at(deadline_ms));
  EXPECT_TRUE(timer.armed());
  const int fired_at = fire_time(wheel, timer, 0, deadline_ms + 100 + step_ms, step_ms);
  EXPECT_GE(fired_at, deadline_ms);
  EXPECT_LE(fired_at, std::max(deadline_ms, 0) + 16 + step_ms);
  EXPECT_FALSE(timer.armed());
  wheel.advance(at(deadline_ms + 100'000));
  EXPECT_EQ(timer.fired, 1);
}

INSTANTIATE_TEST_SUITE_P(Deadlines, DeadlineTest,
                         ::testing::Values(DeadlineCase{1, 1}, DeadlineCase{15, 1}, DeadlineCase{16, 1},
                                           DeadlineCase{17, 1}, DeadlineCase{1'000, 7}, DeadlineCase{8'175, 1},
                                           DeadlineCase{8'192, 5}, DeadlineCase{8'193, 5}, DeadlineCase{30'000, 13},
                                           DeadlineCase{300'000, 1'000}, DeadlineCase{300'000, 9'001}));

TEST(TimerWheelTest, FiresADeadlineInThePastAtTheNextTick) {
  TimerWheel wheel(kStart);
  wheel.advance(at(1'000));
  RecordingTimer timer;
  timer.set(wheel, at(-500));
  wheel.advance(at(1'000));
  EXPECT_EQ(timer.fired, 0);
  wheel.advance(at(1'016));
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheelTest, FiresInTheOrderOfTheirTicks) {
  TimerWheel wheel(kStart);
  std::vector<int> order;
  std::vector<std::unique_ptr<RecordingTimer>> timers;
  for (const int ms : {500, 20, 9'000, 100, 8'100}) {
    timers.push_back(std::make_unique<RecordingTimer>([&order, ms] { order.push_back(ms); }));
    timers.back()->set(wheel, at(ms));
  }
  for (int now = 0; now < 10'000; now += 10) {
    wheel.advance(at(now));
  }
  EXPECT_EQ(order, (std::vector<int>{20, 100, 500, 8'100, 9'000}));
}

TEST(TimerWheelTest, MovesLaterWithoutFiringAtTheOldDeadline) {
  TimerWheel wheel(kStart);
  RecordingTimer timer;
  timer.set(wheel, at(100));
  timer.set(wheel, at(400));
  EXPECT_GE(fire_time(wheel, timer, 0, 1'000, 4), 400);
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheelTest, MovesEarlier) {
  TimerWheel wheel(kStart);
  RecordingTimer timer;
  timer.set(wheel, at(5'000));
  timer.set(wheel, at(100));
  const int fired_at = fire_time(wheel, timer, 0, 6'000, 4);
  EXPECT_GE(fired_at, 100);
  EXPECT_LE(fired_at, 120);
  wheel.advance(at(20'000));
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheelTest, DoesNotFireWhatWasCancelledAndFiresWhatWasSetAgain) {
  TimerWheel wheel(kStart);
  RecordingTimer timer;
  timer.set(wheel, at(100));
  timer.cancel();
  EXPECT_FALSE(timer.armed());
  wheel.advance(at(50));
  wheel.advance(at(1'000));
  EXPECT_EQ(timer.fired, 0);
  timer.set(wheel, at(2'000));
  timer.cancel();
  timer.set(wheel, at(1'500));
  EXPECT_LE(fire_time(wheel, timer, 1'000, 3'000, 4), 1'520);
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheelTest, FiresAllOnceAfterASleepLongerThanTheHorizon) {
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<RecordingTimer>> timers;
  for (int ms = 0; ms < 60'000; ms += 333) {
    timers.push_back(std::make_unique<RecordingTimer>());
    timers.back()->set(wheel, at(ms));
  }
  RecordingTimer later;
  later.set(wheel, at(61'500));
  wheel.advance(at(61'000));
  for (const auto& timer : timers) {
    EXPECT_EQ(timer->fired, 1);
  }
  EXPECT_EQ(later.fired, 0);
  EXPECT_LE(fire_time(wheel, later, 61'000, 63'000, 4), 61'520);
}

TEST(TimerWheelTest, KeepsADeadlineThatWasSetBeforeALongSleepWasNoticed) {
  TimerWheel wheel(kStart);
  RecordingTimer timer;
  timer.set(wheel, at(61'000));  // the loop woke at 60 s and has not advanced yet
  wheel.advance(at(60'000));
  EXPECT_EQ(timer.fired, 0);
  const int fired_at = fire_time(wheel, timer, 60'000, 70'000, 4);
  EXPECT_GE(fired_at, 61'000);
  EXPECT_LE(fired_at, 61'020);
}

TEST(TimerWheelTest, LetsATimerDestroyOthersOfItsSlot) {
  for (const int destroyed_first : {0, 1}) {
    TimerWheel wheel(kStart);
    auto first = std::make_unique<RecordingTimer>();
    auto second = std::make_unique<RecordingTimer>();
    RecordingTimer destroyer([&] {
      first.reset();
      second.reset();
    });
    if (destroyed_first == 1) {
      destroyer.set(wheel, at(100));
    }
    first->set(wheel, at(100));
    second->set(wheel, at(101));
    if (destroyed_first == 0) {
      destroyer.set(wheel, at(100));
    }
    wheel.advance(at(1'000));
    EXPECT_EQ(destroyer.fired, 1);
    EXPECT_FALSE(first);
    EXPECT_FALSE(wheel.next_expiry().has_value());
  }
}

class SelfDestroyingTimer final : public Timer {
 public:
  explicit SelfDestroyingTimer(std::unique_ptr<Timer>& owner) : owner_(owner) {}

 private:
  void on_expired() noexcept override { owner_.reset(); }
  std::unique_ptr<Timer>& owner_;
};

TEST(TimerWheelTest, LetsATimerDestroyItself) {
  TimerWheel wheel(kStart);
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<SelfDestroyingTimer>(timer);
  RecordingTimer neighbour;
  timer->set(wheel, at(100));
  neighbour.set(wheel, at(100));
  wheel.advance(at(200));
  EXPECT_FALSE(timer);
  EXPECT_EQ(neighbour.fired, 1);
  EXPECT_FALSE(wheel.next_expiry().has_value());
}

TEST(TimerWheelTest, RunsAPeriodicTimerOnceAPeriod) {
  TimerWheel wheel(kStart);
  int now = 0;
  RecordingTimer* self = nullptr;
  RecordingTimer timer([&] { self->set(wheel, at(now + 1'000)); });
  self = &timer;
  timer.set(wheel, at(1'000));
  for (; now <= 10'500; now += 8) {
    wheel.advance(at(now));
  }
  EXPECT_GE(timer.fired, 9);
  EXPECT_LE(timer.fired, 10);
}

TEST(TimerWheelTest, EndsWhenATimerRearmsItselfInThePast) {
  TimerWheel wheel(kStart);
  RecordingTimer* self = nullptr;
  RecordingTimer timer([&] { self->set(wheel, at(0)); });
  self = &timer;
  timer.set(wheel, at(0));
  wheel.advance(at(100'000));
  EXPECT_GE(timer.fired, 1);
  EXPECT_LE(timer.fired, 512);
}

TEST(TimerWheelTest, SaysWhenToCallAgain) {
  TimerWheel wheel(kStart);
  EXPECT_FALSE(wheel.next_expiry().has_value());
  RecordingTimer far;
  far.set(wheel, at(100'000));
  ASSERT_TRUE(wheel.next_expiry().has_value());
  EXPECT_LE(*wheel.next_expiry(), at(8'192));
  RecordingTimer near;
  near.set(wheel, at(300));
  EXPECT_GT(*wheel.next_expiry(), at(300));
  EXPECT_LE(*wheel.next_expiry(), at(316));
}

TEST(TimerWheelTest, SleepingFromExpiryToExpiryMissesNothing) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> any_ms(0, 40'000);
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<RecordingTimer>> timers;
  TimePoint now = kStart;
  int early = 0;
  int late = 0;
  for (int i = 0; i < 300; ++i) {
    const auto deadline = at(any_ms(random));
    timers.push_back(std::make_unique<RecordingTimer>([&now, &early, &late, deadline] {
      early += now < deadline ? 1 : 0;
      late += now > deadline + TimerWheel::kTick ? 1 : 0;
    }));
    timers.back()->set(wheel, deadline);
  }
  int turns = 0;
  for (auto next = wheel.next_expiry(); next && turns < 10'000; next = wheel.next_expiry(), ++turns) {
    ASSERT_GT(*next, now);
    now = *next;
    wheel.advance(now);
  }
  for (const auto& timer : timers) {
    EXPECT_EQ(timer->fired, 1);
  }
  EXPECT_EQ(early, 0);
  EXPECT_EQ(late, 0);
  EXPECT_LT(turns, 10'000);
}

// Was: a worker is itself a timer and outlives its loop, so its end wrote into the freed wheel.
TEST(TimerWheelTest, LetsTimersOutliveIt) {
  auto wheel = std::make_unique<TimerWheel>(kStart);
  RecordingTimer first;
  RecordingTimer second;
  first.set(*wheel, at(100));
  second.set(*wheel, at(101));
  wheel.reset();
  EXPECT_FALSE(first.armed());
  TimerWheel next(kStart);
  first.set(next, at(100));
  next.advance(at(200));
  EXPECT_EQ(first.fired, 1);
  EXPECT_EQ(second.fired, 0);
}

}  // namespace
}  // namespace gabion::proxy
