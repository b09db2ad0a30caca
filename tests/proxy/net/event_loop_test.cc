// What the event loop delivers, once, in which order, and what it forgets.
#include "proxy/net/event_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/proxy/net/loop_driver.h"

namespace gabion::proxy {
namespace {

class CallingWakeable final : public Wakeable {
 public:
  explicit CallingWakeable(std::function<void()> call) : call_(std::move(call)) {}
  void on_wake() noexcept override { call_(); }

 private:
  std::function<void()> call_;
};

class CallingWatcher final : public Watcher {
 public:
  explicit CallingWatcher(std::function<void()> call = {}) : call_(std::move(call)) {}
  void on_ready(std::uint32_t /*events*/) noexcept override {
    ++events;
    if (call_) {
      call_();
    }
  }
  int events = 0;

 private:
  std::function<void()> call_;
};

class CallingTimer final : public Timer {
 public:
  explicit CallingTimer(std::function<void()> call) : call_(std::move(call)) {}

 private:
  void on_expired() noexcept override { call_(); }
  std::function<void()> call_;
};

constexpr std::chrono::milliseconds kNoWait{0};

TEST(EventLoopWall, FollowsTheSystemsClock) {
  auto loop = make_loop();
  for (int turn = 0; turn < 3; ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds(turn * 60));
    loop->turn(std::chrono::milliseconds(0));
    const auto at = EventLoop::Clock::now();
    const auto off = std::chrono::system_clock::now() - loop->wall(at);
    EXPECT_LT(std::chrono::abs(off), std::chrono::milliseconds(50));
  }
  const auto at = loop->now();
  EXPECT_EQ(loop->wall(at + std::chrono::seconds(3)) - loop->wall(at), std::chrono::seconds(3));
}

TEST(EventLoopTest, RunsWhatOtherThreadsPostInTheirOrder) {
  constexpr int kTasks = 2'000;
  const auto loop = make_loop();
  std::vector<int> seen;
  std::thread poster([&] {
    for (int i = 0; i < kTasks; ++i) {
      loop->post([&seen, i] { seen.push_back(i); });
    }
    loop->post([&] { loop->stop(); });
  });
  loop->run();
  poster.join();
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(kTasks));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(EventLoopTest, RunsOneOfThoseForLaterEachTurnAndAllThatAreWokenBeforeIt) {
  const auto loop = make_loop();
  std::string seen;
  CallingWakeable at_once([&] { seen += '.'; });
  std::vector<std::unique_ptr<CallingWakeable>> later;
  for (const char name : {'a', 'b', 'c', 'd'}) {
    later.push_back(std::make_unique<CallingWakeable>([&seen, name] { seen += name; }));
    loop->wake_later(*later.back());
    loop->wake_later(*later.back());
  }
  later.erase(later.begin() + 1);
  for (int turn = 0; turn < 5; ++turn) {
    loop->wake(at_once);
    loop->turn(std::chrono::minutes(1));  // waits for nothing while somebody is left
  }
  EXPECT_EQ(seen, ".a.c.d..");
}

TEST(EventLoopTest, WhoWakesHimselfForLaterHasHisTurnBehindTheOthers) {
  const auto loop = make_loop();
  std::string seen;
  int left = 3;
  CallingWakeable busy([&] {
    seen += 'x';
    if (--left > 0) {
      loop->wake_later(busy);
    }
  });
  CallingWakeable other([&] { seen += 'o'; });
  loop->wake_later(busy);
  loop->wake_later(other);
  for (int turn = 0; turn < 4; ++turn) {
    loop->turn(kNoWait);
  }
  EXPECT_EQ(seen, "xoxx");
}

TEST(EventLoopTest, WhoFallsBehindInATurnHasNoSecondOneInIt) {
  const auto loop = make_loop();
  std::string seen;
  int left = 3;
  CallingWakeable busy([&] {
    seen += 'x';
    if (--left > 0) {
      loop->wake_later(busy);
      loop->wake(busy);  // by a socket, say: its turn is not sooner for it
    }
  });
  loop->wake(busy);
  for (int turn = 0; turn < 4; ++turn) {
    loop->turn(kNoWait);
    seen += '|';
  }
  EXPECT_EQ(seen, "x|x|x||");
}

TEST(EventLoopTest, WakesFromItsSleepForAPost) {
  const auto loop = make_loop();
  std::atomic<bool> ran{false};
  std::thread runner([&] { loop->run(); });
  loop->post([&] {
    ran = true;
    loop->post([&] { loop->stop(); });  // a task may post the next one
  });
  runner.join();
  EXPECT_TRUE(ran);
}

TEST(EventLoopTest, RunsATaskThatWasPostedBeforeItRan) {
  const auto loop = make_loop();
  int ran = 0;
  loop->post([&] {
    ++ran;
    loop->stop();
  });
  loop->run();
  EXPECT_EQ(ran, 1);
}

TEST(EventLoopTest, RunsAWakeableOnceHoweverOftenItIsWoken) {
  const auto loop = make_loop();
  CountingWakeable sleeper;
  for (int i = 0; i < 5; ++i) {
    loop->wake(sleeper);
  }
  loop->turn(kNoWait);
  EXPECT_EQ(sleeper.wakes, 1);
  loop->turn(kNoWait);
  EXPECT_EQ(sleeper.wakes, 1);
  loop->wake(sleeper);
  loop->turn(kNoWait);
  EXPECT_EQ(sleeper.wakes, 2);
}

TEST(EventLoopTest, RunsWhoWakesItselfInTheNextTurnWithoutWaiting) {
  const auto loop = make_loop();
  int runs = 0;
  CallingWakeable* self = nullptr;
  CallingWakeable sleeper([&] {
    ++runs;
    loop->wake(*self);
  });
  self = &sleeper;
  loop->wake(sleeper);
  loop->turn(std::chrono::seconds(60));
  EXPECT_EQ(runs, 1);
  loop->turn(std::chrono::seconds(60));  // must not wait: somebody is awake
  EXPECT_EQ(runs, 2);
}

TEST(EventLoopTest, NeverRunsAWakeableThatAnotherDestroyed) {
  const auto loop = make_loop();
  auto victim_after = std::make_unique<CountingWakeable>();
  auto victim_before = std::make_unique<CountingWakeable>();
  CallingWakeable killer([&] {
    loop->wake(*victim_before);  // queued again, for the next turn
    victim_after.reset();
    victim_before.reset();
  });
  loop->wake(*victim_before);
  loop->wake(killer);
  loop->wake(*victim_after);
  loop->turn(kNoWait);
  loop->turn(kNoWait);
  EXPECT_FALSE(victim_after);
  EXPECT_FALSE(victim_before);
}

TEST(EventLoopTest, LetsAWakeableDestroyItself) {
  const auto loop = make_loop();
  std::unique_ptr<CallingWakeable> sleeper;
  int runs = 0;
  sleeper = std::make_unique<CallingWakeable>([&] {
    ++runs;
    loop->wake(*sleeper);
  });
  loop->wake(*sleeper);
  loop->turn(kNoWait);
  sleeper.reset();  // while queued
  loop->turn(kNoWait);
  EXPECT_EQ(runs, 1);
}

TEST(EventLoopTest, LetsAQueuedWakeableOutliveIt) {
  CountingWakeable sleeper;
  {
    const auto loop = make_loop();
    loop->wake(sleeper);
  }
  const auto next = make_loop();
  next->wake(sleeper);
  next->turn(kNoWait);
  EXPECT_EQ(sleeper.wakes, 1);
}

TEST(EventLoopTest, DeliversAnEdgeOnceAndALevelEachTurn) {
  const auto loop = make_loop();
  SocketPair edge;
  SocketPair level;
  CallingWatcher on_edge;
  CallingWatcher on_level;
  ASSERT_TRUE(loop->watch(edge.ours, on_edge, EventLoop::Trigger::kEdge));
  ASSERT_TRUE(loop->watch(level.ours, on_level, EventLoop::Trigger::kLevel));
  loop->turn(kNoWait);
  const int first_edges = on_edge.events;  // a new socket is writable
  EXPECT_EQ(first_edges, 1);
  EXPECT_EQ(on_level.events, 0);
  send_all(edge.theirs, "x");
  send_all(level.theirs, "x");
  for (int i = 0; i < 3; ++i) {
    loop->turn(kNoWait);
  }
  EXPECT_EQ(on_edge.events, first_edges + 1);
  EXPECT_EQ(on_level.events, 3);
  loop->unwatch(edge.ours, on_edge);
  loop->unwatch(level.ours, on_level);
}

TEST(EventLoopTest, DropsTheEventsOfThisVeryTurnWhenAWatcherLeaves) {
  const auto loop = make_loop();
  SocketPair first;
  SocketPair second;
  CallingWatcher* other_of_first = nullptr;
  CallingWatcher* other_of_second = nullptr;
  CallingWatcher on_first([&] { loop->unwatch(second.ours, *other_of_first); });
  CallingWatcher on_second([&] { loop->unwatch(first.ours, *other_of_second); });
  other_of_first = &on_second;
  other_of_second = &on_first;
  ASSERT_TRUE(loop->watch(first.ours, on_first, EventLoop::Trigger::kEdge));
  ASSERT_TRUE(loop->watch(second.ours, on_second, EventLoop::Trigger::kEdge));
  loop->turn(kNoWait);
  EXPECT_EQ(on_first.events + on_second.events, 1);  // both were in the batch; whoever came first removed the other
  loop->unwatch(first.ours, on_first);
  loop->unwatch(second.ours, on_second);
}

TEST(EventLoopTest, RefusesADescriptorThatDoesNotExist) {
  const auto loop = make_loop();
  CallingWatcher watcher;
  EXPECT_FALSE(loop->watch(-1, watcher, EventLoop::Trigger::kEdge));
}

TEST(EventLoopTest, FiresTimersAndThenRunsWhatTheyWoke) {
  const auto loop = make_loop();
  CountingWakeable sleeper;
  CallingTimer timer([&] { loop->wake(sleeper); });
  const auto begin = EventLoop::Clock::now();
  timer.set(loop->timers(), begin + std::chrono::milliseconds(30));
  EXPECT_TRUE(drive(*loop, [&] { return sleeper.wakes == 1; }));
  EXPECT_GE(EventLoop::Clock::now() - begin, std::chrono::milliseconds(30));
}

TEST(EventLoopTest, SleepsUntilTheNextTimerInOneTurn) {
  const auto loop = make_loop();
  int fired = 0;
  CallingTimer timer([&] { ++fired; });
  timer.set(loop->timers(), loop->now() + std::chrono::milliseconds(40));
  loop->turn(std::chrono::seconds(60));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(loop->turns(), 1U);
}

}  // namespace
}  // namespace gabion::proxy
