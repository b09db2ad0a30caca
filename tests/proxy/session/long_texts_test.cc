// Texts read on other threads: what was read comes back to who waits, and to nobody else.
#include "proxy/session/long_texts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace gabion::proxy {
namespace {

class Sleeper final : public Wakeable {
 public:
  void on_wake() noexcept override { ++woken; }
  int woken = 0;
};

std::string long_text(int number, std::size_t bytes = 100'000) {
  return "SELECT a FROM t" + std::to_string(number) + " WHERE b = '" + std::string(bytes, 'x') + "'";
}

class LongTextsTest : public testing::Test {
 protected:
  std::unique_ptr<LongTexts::Reading> read(std::string text, std::uint32_t most = 1U << 24U) {
    return texts.read(std::move(text), most, sleeper);
  }
  /// Until all are, a minute at most.
  void wait(const std::vector<std::unique_ptr<LongTexts::Reading>>& readings) {
    const auto end = EventLoop::Clock::now() + std::chrono::minutes(1);
    for (const auto& reading : readings) {
      while (!reading->is_done() && EventLoop::Clock::now() < end) {
        loop->turn(std::chrono::milliseconds(100));
      }
      ASSERT_TRUE(reading->is_done());
    }
  }

  // Threads that parse spend keys of the process: these are all tests'.
  static std::shared_ptr<LongTextReaders> readers() {
    static const auto made = std::make_shared<LongTextReaders>();
    return made;
  }
  std::unique_ptr<EventLoop> loop = EventLoop::create().value();
  BufferPool pool;
  LongTexts texts{*loop, pool, readers()};
  Sleeper sleeper;
};

TEST_F(LongTextsTest, EachIsReadForWhoWaits) {
  std::vector<std::unique_ptr<LongTexts::Reading>> readings;
  for (int i = 0; i < 20; ++i) {
    readings.push_back(read(long_text(i)));
    ASSERT_NE(readings.back(), nullptr);
  }
  EXPECT_GT(pool.in_use_bytes(), 20U * 100'000);
  wait(readings);
  for (int i = 0; i < 20; ++i) {
    const auto facts = readings[static_cast<std::size_t>(i)]->take();
    ASSERT_TRUE(facts);
    ASSERT_EQ(facts->statements().size(), 1U);
    EXPECT_EQ(facts->statements().front().relations.front().name, "t" + std::to_string(i));
  }
  EXPECT_EQ(pool.in_use_bytes(), 0U);
  loop->turn(std::chrono::milliseconds(0));
  EXPECT_GT(sleeper.woken, 0);
}

TEST_F(LongTextsTest, WhoIsGoneIsNotWoken) {
  for (int i = 0; i < 10; ++i) {
    auto gone = read(long_text(i));
    ASSERT_NE(gone, nullptr);
  }
  EXPECT_EQ(pool.in_use_bytes(), 0U);
  std::vector<std::unique_ptr<LongTexts::Reading>> last;
  last.push_back(read(long_text(10)));  // behind them
  wait(last);
  EXPECT_EQ(last.front()->take()->statements().front().relations.front().name, "t10");
}

TEST_F(LongTextsTest, WhatIsNoSqlIsToldSo) {
  std::vector<std::unique_ptr<LongTexts::Reading>> readings;
  readings.push_back(read("SELEC " + std::string(70'000, 'a')));
  readings.push_back(read("SELECT '" + std::string(70'000, 'a') + "'", 1000));
  wait(readings);
  EXPECT_EQ(readings[0]->take()->error(), inspect::sql::ParseError::kSyntax);
  EXPECT_EQ(readings[1]->take()->error(), inspect::sql::ParseError::kTooLong);
}

TEST_F(LongTextsTest, NoMoreWaitThanThereIsRoomFor) {
  std::vector<std::unique_ptr<LongTexts::Reading>> readings;
  constexpr std::size_t kEach = std::size_t{8} << 20U;
  std::size_t taken = 0;
  for (; taken < 100; ++taken) {
    auto made = read(long_text(static_cast<int>(taken), kEach));
    if (made == nullptr) {
      break;
    }
    readings.push_back(std::move(made));
  }
  EXPECT_GE(taken, LongTextReaders::kMostBytes / (kEach + 100));
  EXPECT_LT(taken, 100U);
  wait(readings);
  EXPECT_NE(read(long_text(0)), nullptr);
}

TEST_F(LongTextsTest, AWorkerMayEndBeforeItsTextsAreRead) {
  auto other_loop = EventLoop::create().value();
  BufferPool other_pool;
  {
    LongTexts others(*other_loop, other_pool, readers());
    for (int i = 0; i < 10; ++i) {
      (void)others.read(long_text(i), 1U << 24U, sleeper);
    }
  }
  other_loop.reset();
  std::vector<std::unique_ptr<LongTexts::Reading>> last;
  last.push_back(read(long_text(1)));
  wait(last);
}

}  // namespace
}  // namespace gabion::proxy
