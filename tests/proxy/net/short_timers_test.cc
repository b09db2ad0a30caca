// Short deadlines fire in the order of time, once, never early, and forget who is gone.
#include "proxy/net/short_timers.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/proxy/net/loop_driver.h"

namespace gabion::proxy {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class NamedTimer final : public ShortTimer {
 public:
  NamedTimer(char name, std::string& fired, std::function<void()> then = {})
      : name_(name), fired_(fired), then_(std::move(then)) {}

 private:
  void on_expired() noexcept override {
    fired_ += name_;
    if (then_) {
      then_();
    }
  }
  char name_;
  std::string& fired_;
  std::function<void()> then_;
};

constexpr ShortTimer::TimePoint at(int micros) {
  return ShortTimer::TimePoint(microseconds(micros));
}

TEST(ShortTimersTest, FireInTheOrderOfTimeWhateverTheOrderOfSetting) {
  for (const std::string_view order : {"abc", "acb", "bac", "bca", "cab", "cba"}) {
    ShortTimers timers;
    std::string fired;
    NamedTimer a('a', fired);
    NamedTimer b('b', fired);
    NamedTimer c('c', fired);
    for (const char name : order) {
      (name == 'a' ? a : name == 'b' ? b : c).set(timers, at(name));
    }
    EXPECT_EQ(timers.next_expiry(), at('a'));
    timers.advance(at('a' - 1));
    EXPECT_EQ(fired, "");
    timers.advance(at('b'));
    EXPECT_EQ(fired, "ab") << order;
    EXPECT_FALSE(b.armed());
    EXPECT_EQ(timers.next_expiry(), at('c'));
    timers.advance(at('z'));
    timers.advance(at('z'));
    EXPECT_EQ(fired, "abc") << order;
    EXPECT_EQ(timers.next_expiry(), std::nullopt);
  }
}

TEST(ShortTimersTest, TheSameTimeIsServedInTheOrderOfSetting) {
  ShortTimers timers;
  std::string fired;
  NamedTimer a('a', fired);
  NamedTimer b('b', fired);
  b.set(timers, at(5));
  a.set(timers, at(5));
  timers.advance(at(5));
  EXPECT_EQ(fired, "ba");
}

TEST(ShortTimersTest, SetAgainItForgetsTheDeadlineBefore) {
  ShortTimers timers;
  std::string fired;
  NamedTimer a('a', fired);
  NamedTimer b('b', fired);
  a.set(timers, at(1));
  b.set(timers, at(2));
  a.set(timers, at(3));
  timers.advance(at(2));
  EXPECT_EQ(fired, "b");
  a.set(timers, at(1));
  timers.advance(at(2));
  EXPECT_EQ(fired, "ba");
}

TEST(ShortTimersTest, WhoIsCancelledOrGoneDoesNotFire) {
  ShortTimers timers;
  std::string fired;
  NamedTimer first('1', fired);
  auto middle = std::make_unique<NamedTimer>('2', fired);
  NamedTimer last('3', fired);
  first.set(timers, at(1));
  middle->set(timers, at(2));
  last.set(timers, at(3));
  middle.reset();
  last.cancel();
  last.cancel();
  EXPECT_FALSE(last.armed());
  timers.advance(at(9));
  EXPECT_EQ(fired, "1");
}

TEST(ShortTimersTest, WhatFiresMaySetItselfAgainAndDestroyOthers) {
  ShortTimers timers;
  std::string fired;
  auto doomed = std::make_unique<NamedTimer>('d', fired);
  NamedTimer* again = nullptr;
  NamedTimer first('f', fired, [&] {
    doomed.reset();
    again->set(timers, at(10));
  });
  again = &first;
  first.set(timers, at(1));
  doomed->set(timers, at(1));
  timers.advance(at(5));
  EXPECT_EQ(fired, "f");
  EXPECT_TRUE(first.armed());
}

TEST(ShortTimersTest, TimersMayOutliveTheirList) {
  std::string fired;
  NamedTimer a('a', fired);
  {
    ShortTimers timers;
    a.set(timers, at(1));
  }
  EXPECT_FALSE(a.armed());
}

TEST(ShortTimersTest, ALoopWaitsForThemAndIsNeverEarly) {
  const auto loop = make_loop();
  std::string fired;
  NamedTimer a('a', fired);
  const auto deadline = EventLoop::Clock::now() + microseconds(300);
  a.set(loop->short_timers(), deadline);
  loop->turn(milliseconds(0));  // who does not wait waits for nothing
  while (fired.empty()) {
    loop->turn(milliseconds(10'000));
  }
  EXPECT_GE(loop->now(), deadline);
  EXPECT_EQ(fired, "a");
}

}  // namespace
}  // namespace gabion::proxy
