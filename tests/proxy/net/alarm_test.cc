// An alarm rings in time, is not set again for what is due later, and has an edge each time it rings.
#include "proxy/net/alarm.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tests/proxy/net/loop_driver.h"

namespace gabion::proxy {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kPatience = 20'000;  // ms

bool is_ringing(const Alarm& alarm, int patience) {
  pollfd waiting{alarm.fd(), POLLIN, 0};
  return ::poll(&waiting, 1, patience) == 1;
}

/// What the kernel says is left of it.
std::chrono::nanoseconds left_of(const Alarm& alarm) {
  itimerspec left{};
  EXPECT_EQ(::timerfd_gettime(alarm.fd(), &left), 0);
  return seconds(left.it_value.tv_sec) + std::chrono::nanoseconds(left.it_value.tv_nsec);
}

TEST(AlarmTest, RingsAndIsNotEarly) {
  Alarm alarm;
  ASSERT_TRUE(alarm.is_open());
  const auto deadline = Clock::now() + milliseconds(20);
  ASSERT_TRUE(alarm.ring_by(deadline, Clock::now()));
  EXPECT_TRUE(is_ringing(alarm, kPatience));
  EXPECT_GE(Clock::now(), deadline);
}

TEST(AlarmTest, WhatIsPastRingsAtOnce) {
  Alarm alarm;
  ASSERT_TRUE(alarm.ring_by(Clock::time_point{}, Clock::now()));
  EXPECT_TRUE(is_ringing(alarm, kPatience));
}

TEST(AlarmTest, StaysSetForWhatIsDueSooner) {
  Alarm alarm;
  const auto now = Clock::now();
  ASSERT_TRUE(alarm.ring_by(now + seconds(200), now));
  ASSERT_TRUE(alarm.ring_by(now + seconds(300), now));
  EXPECT_LE(left_of(alarm), seconds(200));
  ASSERT_TRUE(alarm.ring_by(now + seconds(100), now));
  EXPECT_LE(left_of(alarm), seconds(100));
  EXPECT_FALSE(is_ringing(alarm, 0));
}

TEST(AlarmTest, IsSetAgainOnceItRangWithAnEdgeOfItsOwn) {
  Alarm alarm;
  const int epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
  ASSERT_GE(epoll_fd, 0);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  ASSERT_EQ(::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, alarm.fd(), &event), 0);
  for (int round = 0; round < 3; ++round) {
    const auto now = Clock::now();
    ASSERT_TRUE(alarm.ring_by(now + milliseconds(1), now));
    EXPECT_EQ(::epoll_wait(epoll_fd, &event, 1, kPatience), 1) << round;
    EXPECT_EQ(::epoll_wait(epoll_fd, &event, 1, 0), 0) << round;
  }
  ::close(epoll_fd);
}

TEST(AlarmTest, SaysWhatTheKernelRefuses) {
  Alarm alarm;
  ASSERT_TRUE(alarm.ring_by(Clock::now() + seconds(100), Clock::now()));
  ::close(alarm.fd());
  const int other = ::epoll_create1(EPOLL_CLOEXEC);  // has its number, and is closed with it
  ASSERT_EQ(other, alarm.fd());
  EXPECT_FALSE(alarm.ring_by(Clock::now() + seconds(1), Clock::now()));
  EXPECT_FALSE(alarm.ring_by(Clock::now() + seconds(200), Clock::now())) << "it is not taken for set";
}

class Repeating final : public Timer {
 public:
  explicit Repeating(EventLoop& loop) : loop_(loop) { set(loop.timers(), loop.now() + milliseconds(20)); }
  int left = 3;

 private:
  void on_expired() noexcept override {
    if (--left == 0) {
      loop_.stop();
    } else {
      set(loop_.timers(), loop_.now() + milliseconds(20 * left));
    }
  }
  EventLoop& loop_;
};

TEST(AlarmTest, WakesALoopThatWaitsForEver) {
  const auto loop = make_loop();
  Repeating timer(*loop);
  loop->run();  // ends by the timer alone
  EXPECT_EQ(timer.left, 0);
}

TEST(AlarmTest, ALoopThatIsToWaitLongWakesForItToo) {
  const auto loop = make_loop();
  Repeating timer(*loop);
  const auto begun = Clock::now();
  constexpr auto kLong = seconds(100);
  while (timer.left == 3) {
    loop->turn(kLong);
  }
  EXPECT_LT(Clock::now() - begun, kLong) << "it was the turn's end";
}

}  // namespace
}  // namespace gabion::proxy
