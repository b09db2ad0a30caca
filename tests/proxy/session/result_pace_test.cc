// A long result is read when much of it waits or the time is over; short ones, slow ones and their ends at once.
#include "proxy/session/result_pace.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "proxy/admin/metrics.h"
#include "tests/proxy/net/loop_driver.h"

namespace gabion::proxy {
namespace {

using Within = ResultPace::Within;

constexpr std::size_t kPiece = 8 * 1024;
constexpr std::size_t kMuch = 4 * kPiece;
constexpr ResultPace::Bounds kPatient{std::chrono::minutes(1), kMuch};       // the time is never over
constexpr ResultPace::Bounds kQuick{std::chrono::milliseconds(200), kMuch};  // what follows each other here is quicker

/// A session that reads a server over TCP, and the server.
class ResultPaceTest : public testing::Test {
 protected:
  ResultPaceTest() {
    const auto connecting = start_connect(listener_.endpoint, nullptr);
    EXPECT_TRUE(connecting.has_value());
    EXPECT_TRUE(socket_.open(*loop_, *connecting));
    socket_.set_owner(&session_);
    EXPECT_TRUE(drive(*loop_, [&] { return (server_ = listener_.accept_one()) >= 0; }));
  }
  ~ResultPaceTest() override { ::close(server_); }

  void say(std::size_t bytes) { send_all(server_, std::string(bytes, 'D')); }

  /// What a session does when it is woken; `within`: what it finds that its last byte is of. Answers how much it read.
  std::size_t step(Within within, const ResultPace::Bounds& bounds) {
    std::string bytes(1 << 20, '\0');
    const auto result = socket_.read(bytes);
    pace_.took(result.bytes);
    pace_.settle(socket_, within, bounds);
    return result.bytes;
  }
  /// Turns the loop until the session is woken to read `least` in all.
  std::size_t read_when_woken(std::size_t least, Within within, const ResultPace::Bounds& bounds) {
    std::size_t got = 0;
    EXPECT_TRUE(drive(*loop_, [&] {
      if (session_.wakes != seen_) {
        seen_ = session_.wakes;
        got += step(within, bounds);
      }
      return got >= least;
    }));
    return got;
  }
  /// The second of two pieces that came at once after each other has it pause.
  void begin_pausing(const ResultPace::Bounds& bounds) {
    for (int i = 0; i < 2; ++i) {
      say(kPiece);
      ASSERT_EQ(read_when_woken(kPiece, Within::kResult, bounds), kPiece);
    }
  }
  /// Nothing wakes the session while the loop has nothing else to do.
  bool is_left_alone() {
    for (int i = 0; i < 20; ++i) {
      loop_->turn(std::chrono::milliseconds(1));
    }
    return session_.wakes == seen_ && !socket_.readable();
  }
  [[nodiscard]] std::string pauses() const {
    return std::to_string(counted_.full) + std::to_string(counted_.time) + std::to_string(counted_.end) +
           std::to_string(counted_.empty);
  }

  std::unique_ptr<EventLoop> loop_ = make_loop();
  LoopbackListener listener_;
  CountingWakeable session_;
  Socket socket_;
  ResultPauses counted_;
  ResultPace pace_{*loop_, session_, counted_};
  int server_ = -1;
  int seen_ = 0;
};

TEST_F(ResultPaceTest, ThePieceBehindTwoIsWaitedForUntilThereIsMuch) {
  begin_pausing(kPatient);
  EXPECT_TRUE(pace_.is_pausing());
  for (std::size_t said = kPiece; said < kMuch; said += kPiece) {
    say(kPiece);
    EXPECT_TRUE(is_left_alone()) << said;
  }
  say(kPiece);
  EXPECT_EQ(read_when_woken(kMuch, Within::kResult, kPatient), kMuch);
  EXPECT_TRUE(pace_.is_pausing());
  EXPECT_EQ(pauses(), "1000");
}

TEST_F(ResultPaceTest, WhatIsLessIsReadWhenTheTimeIsOver) {
  begin_pausing(kQuick);
  say(kPiece);
  EXPECT_EQ(read_when_woken(kPiece, Within::kResult, kQuick), kPiece);
  EXPECT_TRUE(pace_.is_pausing());
  EXPECT_EQ(pauses(), "0100");
}

TEST_F(ResultPaceTest, TheEndIsReadWhenTheTimeIsOverAndTheNextResultAtOnce) {
  begin_pausing(kQuick);
  say(100);
  EXPECT_EQ(read_when_woken(100, Within::kNothing, kQuick), 100U);
  EXPECT_FALSE(pace_.is_pausing());
  EXPECT_EQ(pauses(), "0010");
  for (int i = 0; i < 5; ++i) {  // however quickly they follow each other
    say(kPiece);
    EXPECT_EQ(read_when_woken(kPiece, Within::kResult, kPatient), kPiece);
    EXPECT_FALSE(pace_.is_pausing());
    say(1);
    EXPECT_EQ(read_when_woken(1, Within::kNothing, kPatient), 1U);
  }
}

TEST_F(ResultPaceTest, WhereNothingComesInTimeTheNextByteIsReadAtOnce) {
  begin_pausing(kQuick);
  ASSERT_TRUE(drive(*loop_, [&] {
    if (session_.wakes != seen_) {
      seen_ = session_.wakes;
      EXPECT_EQ(step(Within::kResult, kQuick), 0U);
    }
    return !pace_.is_pausing();
  }));
  EXPECT_EQ(pauses(), "0001");
  EXPECT_TRUE(is_left_alone());
  say(1);
  EXPECT_EQ(read_when_woken(1, Within::kResult, kPatient), 1U);
}

TEST_F(ResultPaceTest, PiecesFarApartDoNotMakeItPause) {
  for (int i = 0; i < 3; ++i) {
    say(kPiece);
    EXPECT_EQ(read_when_woken(kPiece, Within::kResult, kQuick), kPiece);
    EXPECT_FALSE(pace_.is_pausing());
    std::this_thread::sleep_for(2 * kQuick.longest);
  }
}

TEST_F(ResultPaceTest, WithoutATimeItNeverPauses) {
  constexpr ResultPace::Bounds kNever{std::chrono::microseconds(0), kMuch};
  begin_pausing(kNever);
  EXPECT_FALSE(pace_.is_pausing());
  say(1);
  EXPECT_EQ(read_when_woken(1, Within::kNothing, kNever), 1U);
  begin_pausing(kPatient);
  ASSERT_TRUE(pace_.is_pausing());
  say(kMuch);
  EXPECT_EQ(read_when_woken(kMuch, Within::kResult, kNever), kMuch);  // from now on: by other rules
  say(1);
  EXPECT_EQ(read_when_woken(1, Within::kResult, kNever), 1U);
}

TEST_F(ResultPaceTest, AWakeForAnotherReasonChangesNothing) {
  begin_pausing(kPatient);
  EXPECT_EQ(step(Within::kResult, kPatient), 0U);
  EXPECT_TRUE(pace_.is_pausing());
  say(kPiece);
  EXPECT_TRUE(is_left_alone());
  EXPECT_EQ(pauses(), "0000");
}

TEST_F(ResultPaceTest, TheStreamsEndIsToldAtOnce) {
  begin_pausing(kPatient);
  ::shutdown(server_, SHUT_WR);
  ASSERT_TRUE(drive(*loop_, [&] { return session_.wakes != seen_; }));
  EXPECT_TRUE(socket_.readable());
  std::string bytes(10, '\0');
  EXPECT_EQ(socket_.read(bytes).status, IoStatus::kClosed);
}

TEST_F(ResultPaceTest, WhatIsForgottenWakesNobody) {
  begin_pausing(kQuick);
  pace_.forget();
  EXPECT_FALSE(pace_.is_pausing());
  std::this_thread::sleep_for(2 * kQuick.longest);
  EXPECT_TRUE(is_left_alone());
}

}  // namespace
}  // namespace gabion::proxy
