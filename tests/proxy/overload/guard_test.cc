// A worker's memory grows and shrinks: the guard follows, ends who holds most, and says so in log and counters.
#include "proxy/overload/guard.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <string>

#include "tests/proxy/net/loop_driver.h"

namespace gabion::proxy {
namespace {

using Step = OverloadStep;

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kLimit = 1'000 * kKiB;

config::ProxyConfig config_of(std::uint64_t limit_bytes) {
  config::ProxyConfig config;
  config.limits.in_flight_bytes = limit_bytes;
  config.overload = {.refuse_connections = 50, .refuse_requests = 60, .end_largest = 80, .recover = 10};
  return config;
}

/// Holds as much as it is told, and gives it back when it is ended, or the second time only.
class Holder final : public MemoryHolder {
 public:
  enum class Ends : std::uint8_t { kAtOnce, kWhenAskedAgain };
  Holder(BufferPool& pool, std::uint64_t bytes, Ends ends) : charge(pool), ends_(ends) { charge.set(bytes); }
  bool end_for_memory(std::uint64_t held_bytes) noexcept override {
    EXPECT_EQ(held_bytes, charge.bytes());
    if (++asked > 1 || ends_ == Ends::kAtOnce) {
      charge.set(0);
    }
    return asked == 1;
  }
  Charge charge;
  int asked = 0;

 private:
  Ends ends_;
};

class OverloadGuardTest : public ::testing::Test, private HolderSource {
 protected:
  void SetUp() override {
    auto opened = LogSinks::open({.access = "off", .audit = "off"}, 64, events_.string());
    ASSERT_TRUE(opened.has_value());
    logs_ = std::move(*opened);
    guard_.emplace(*loop_, pool_, metrics_, *logs_, 3, config_of(kLimit));
    guard_->set_source(*this);
  }
  void TearDown() override {
    holders_.clear();  // what they give back is told while there is a log
    guard_.reset();
    logs_.reset();
    std::filesystem::remove(events_);
  }
  Holder& hold(std::uint64_t kib, Holder::Ends ends = Holder::Ends::kAtOnce) {
    return holders_.emplace_back(pool_, kib * kKiB, ends);
  }
  void list_holders(std::vector<HeldMemory>& held) override {
    for (Holder& holder : holders_) {
      held.push_back({&holder, holder.charge.bytes(), {}});
    }
  }
  [[nodiscard]] std::string logged() {
    logs_.reset();  // writes what is queued
    std::ifstream file(events_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::unique_ptr<EventLoop> loop_ = make_loop();
  BufferPool pool_;
  WorkerMetrics metrics_;
  std::filesystem::path events_ = std::filesystem::temp_directory_path() / ("guard-" + std::to_string(::getpid()));
  std::unique_ptr<LogSinks> logs_;
  std::optional<OverloadGuard> guard_;
  std::list<Holder> holders_;
};

TEST_F(OverloadGuardTest, RefusesInOrderAndTakesAllAgain) {
  Holder& one = hold(499);
  EXPECT_FALSE(guard_->refuses_connections());
  one.charge.set(500 * kKiB);
  EXPECT_TRUE(guard_->refuses_connections());
  EXPECT_FALSE(guard_->refuses_requests());
  one.charge.set(600 * kKiB);
  EXPECT_TRUE(guard_->refuses_requests());
  one.charge.set(450 * kKiB);
  EXPECT_TRUE(guard_->refuses_connections());
  EXPECT_FALSE(guard_->refuses_requests());
  one.charge.set(399 * kKiB);
  EXPECT_EQ(guard_->step(), Step::kNone);
  EXPECT_EQ(one.asked, 0);
}

TEST_F(OverloadGuardTest, EndsTheLargestUntilTheStepIsOver) {
  Holder& small = hold(200);
  Holder& large = hold(350);
  Holder& middle = hold(250);
  EXPECT_EQ(guard_->step(), Step::kEndLargest);
  EXPECT_EQ(large.asked, 0) << "not in the midst of what took the memory";
  ASSERT_TRUE(drive(*loop_, [&] { return large.asked == 1; }));
  EXPECT_EQ(guard_->step(), Step::kRefuseConnections);
  EXPECT_EQ(small.asked + middle.asked, 0);
  EXPECT_EQ(metrics_.counters().overload_ended, 1U);
  EXPECT_EQ(metrics_.counters().overload_ended_bytes, 350 * kKiB);
}

TEST_F(OverloadGuardTest, AsksAgainWhoDoesNotEndAndThenTheNext) {
  Holder& stubborn = hold(500, Holder::Ends::kWhenAskedAgain);
  Holder& other = hold(390);
  ASSERT_TRUE(drive(*loop_, [&] { return stubborn.asked == 2; }));
  EXPECT_EQ(other.asked, 0);
  EXPECT_EQ(guard_->step(), Step::kNone);
  EXPECT_EQ(metrics_.counters().overload_ended, 1U);
}

TEST_F(OverloadGuardTest, WaitsWhereNobodyHoldsEnough) {
  for (int i = 0; i < 100; ++i) {
    hold(9);
  }
  EXPECT_EQ(guard_->step(), Step::kEndLargest);
  const auto turns = loop_->turns();
  const auto until = EventLoop::Clock::now() + std::chrono::milliseconds(200);
  ASSERT_TRUE(drive(*loop_, [&] { return EventLoop::Clock::now() > until; }));
  EXPECT_LT(loop_->turns() - turns, 100U) << "a pass now and then, not one a turn";
  EXPECT_EQ(metrics_.counters().overload_ended, 0U);
}

TEST_F(OverloadGuardTest, FollowsANewLimit) {
  hold(300);
  EXPECT_EQ(guard_->step(), Step::kNone);
  guard_->configure(config_of(400 * kKiB));
  EXPECT_EQ(guard_->step(), Step::kRefuseRequests);
  EXPECT_EQ(guard_->limit_bytes(), 400 * kKiB);
  guard_->configure(config_of(kLimit));
  EXPECT_EQ(guard_->step(), Step::kNone);
}

/// Else a reload near a mark would take what was just refused.
TEST_F(OverloadGuardTest, StaysOnItsStepUnderANewConfigurationWithTheSameMarks) {
  Holder& one = hold(500);
  one.charge.set(450 * kKiB);
  ASSERT_TRUE(guard_->refuses_connections());
  guard_->configure(config_of(kLimit));
  EXPECT_TRUE(guard_->refuses_connections());
  EXPECT_EQ(metrics_.counters().overload_entered[Step::kNone], 0U);
  one.charge.set(399 * kKiB);
  EXPECT_EQ(guard_->step(), Step::kNone);
}

TEST_F(OverloadGuardTest, TellsOfEachStep) {
  Holder& one = hold(500);
  one.charge.set(700 * kKiB);
  one.charge.set(0);
  EXPECT_EQ(metrics_.counters().overload_entered[Step::kRefuseConnections], 1U);
  EXPECT_EQ(metrics_.counters().overload_entered[Step::kRefuseRequests], 1U);
  EXPECT_EQ(metrics_.counters().overload_entered[Step::kEndLargest], 0U);
  EXPECT_EQ(metrics_.counters().overload_entered[Step::kNone], 1U);
  const std::string lines = logged();
  EXPECT_NE(lines.find(R"("worker":"3","step":"refuse_connections","before":"none","in_use_bytes":"512000")"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find(R"("step":"refuse_requests","before":"refuse_connections")"), std::string::npos);
  EXPECT_NE(lines.find(R"("step":"none","before":"refuse_requests")"), std::string::npos);
}

}  // namespace
}  // namespace gabion::proxy
