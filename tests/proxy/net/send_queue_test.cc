// Send queues: when they are full, what a peer that takes little leaves behind, what can be said again.
#include "proxy/net/send_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "proxy/net/socket.h"

namespace gabion::proxy {
namespace {

using Flush = SendQueue::Flush;

/// Takes what `script` says, one entry a write: a count, 0 for blocked, -1 for closed, -2 for an error. Then anything.
class ScriptedPeer final : public Transport {
 public:
  explicit ScriptedPeer(std::deque<int> script = {}) : script_(std::move(script)) {}

  IoResult read(std::span<char> /*into*/) noexcept override { return {}; }
  IoResult write(std::span<const char> bytes) noexcept override {
    int take = static_cast<int>(bytes.size());
    if (!script_.empty()) {
      take = std::min(script_.front(), take);
      script_.pop_front();
    }
    if (take <= 0) {
      return {take == 0 ? IoStatus::kBlocked : take == -1 ? IoStatus::kClosed : IoStatus::kError, 0};
    }
    received.append(bytes.data(), static_cast<std::size_t>(take));
    return {IoStatus::kOk, static_cast<std::size_t>(take)};
  }
  bool may_read() const noexcept override { return false; }
  void shutdown_write() noexcept override {}
  Socket& socket() noexcept override { return socket_; }

  std::string received;

 private:
  std::deque<int> script_;
  Socket socket_;
};

TEST(SendQueueTest, IsFullFromItsLimitDownToHalfOfIt) {
  BufferPool pool;
  SendQueue queue(pool, 100);
  queue.append(std::string(99, 'x'));
  EXPECT_FALSE(queue.is_full());
  queue.append("x");
  EXPECT_TRUE(queue.is_full());
  ScriptedPeer takes_49({49, 0});
  EXPECT_EQ(queue.flush(takes_49), Flush::kBlocked);
  EXPECT_TRUE(queue.is_full());
  ScriptedPeer takes_one({1, 0});
  EXPECT_EQ(queue.flush(takes_one), Flush::kBlocked);
  EXPECT_FALSE(queue.is_full());
  queue.append(std::string(49, 'x'));
  EXPECT_FALSE(queue.is_full());
  queue.append("x");
  EXPECT_TRUE(queue.is_full());
}

TEST(SendQueueTest, SendsAllInOrderThroughPartialWrites) {
  BufferPool pool;
  SendQueue queue(pool, 1'000);
  ScriptedPeer peer({3, 1, 0, 2});
  queue.append("hello ");
  queue.append("world");
  EXPECT_EQ(queue.flush(peer), Flush::kBlocked);
  EXPECT_EQ(peer.received, "hell");
  EXPECT_EQ(queue.pending(), 7U);
  queue.append("!");
  EXPECT_EQ(queue.flush(peer), Flush::kDrained);
  EXPECT_EQ(peer.received, "hello world!");
  EXPECT_EQ(queue.total_sent(), 12U);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.flush(peer), Flush::kDrained);
}

TEST(SendQueueTest, SaysThatThePeerIsGone) {
  for (const int end : {-1, -2}) {
    BufferPool pool;
    SendQueue queue(pool, 100);
    ScriptedPeer peer({2, end, end});
    queue.append("hello");
    EXPECT_EQ(queue.flush(peer), Flush::kClosed);
    EXPECT_EQ(queue.flush(peer), Flush::kClosed);
    EXPECT_EQ(peer.received, "he");
  }
}

TEST(SendQueueTest, SaysAllAgainWhatItKept) {
  BufferPool pool;
  SendQueue queue(pool, 100);
  queue.append("head ");
  queue.keep_sent();
  queue.append("body");
  ScriptedPeer dead({7, -2});
  EXPECT_EQ(queue.flush(dead), Flush::kClosed);
  EXPECT_TRUE(queue.rewind());
  ScriptedPeer fresh;
  EXPECT_EQ(queue.flush(fresh), Flush::kDrained);
  EXPECT_EQ(fresh.received, "head body");
  EXPECT_TRUE(queue.rewind());
  ScriptedPeer again;
  EXPECT_EQ(queue.flush(again), Flush::kDrained);
  EXPECT_EQ(again.received, "head body");
}

TEST(SendQueueTest, CannotRewindWhatItForgot) {
  BufferPool pool;
  SendQueue queue(pool, 100);
  EXPECT_FALSE(queue.rewind());
  queue.append("head");
  queue.keep_sent();
  ScriptedPeer peer;
  EXPECT_EQ(queue.flush(peer), Flush::kDrained);
  queue.forget_sent();
  EXPECT_FALSE(queue.rewind());
  EXPECT_TRUE(queue.empty());
}

TEST(SendQueueTest, StopsKeepingAtItsLimit) {
  BufferPool pool;
  SendQueue queue(pool, 100);
  queue.keep_sent();
  ScriptedPeer peer;
  queue.append(std::string(60, 'a'));
  EXPECT_EQ(queue.flush(peer), Flush::kDrained);
  EXPECT_FALSE(queue.is_full());
  queue.append(std::string(40, 'b'));
  EXPECT_FALSE(queue.is_full());  // 40 are pending: the 60 behind them are given up, not the reading
  EXPECT_FALSE(queue.rewind());
  EXPECT_EQ(queue.flush(peer), Flush::kDrained);
  EXPECT_EQ(peer.received, std::string(60, 'a') + std::string(40, 'b'));
}

TEST(SendQueueTest, KeepsAcrossABlockedWrite) {
  BufferPool pool;
  SendQueue queue(pool, 100);
  queue.append("0123456789");
  queue.keep_sent();
  ScriptedPeer slow({4, 0});
  EXPECT_EQ(queue.flush(slow), Flush::kBlocked);
  EXPECT_EQ(queue.pending(), 6U);
  EXPECT_TRUE(queue.rewind());
  EXPECT_EQ(queue.pending(), 10U);
}

TEST(SendQueueTest, ForgetsEverythingWhenCleared) {
  BufferPool pool;
  SendQueue queue(pool, 10);
  queue.append("0123456789");
  queue.keep_sent();
  EXPECT_TRUE(queue.is_full());
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.is_full());
  EXPECT_FALSE(queue.rewind());
  queue.release();
  EXPECT_EQ(pool.in_use_bytes(), 0U);
}

TEST(SendQueueTest, TakesBytesInPlace) {
  BufferPool pool;
  SendQueue queue(pool, 100);
  const auto room = queue.prepare(3);
  ASSERT_GE(room.size(), 3U);
  std::copy_n("abc", 3, room.begin());
  queue.commit(3);
  ScriptedPeer peer;
  EXPECT_EQ(queue.flush(peer), Flush::kDrained);
  EXPECT_EQ(peer.received, "abc");
}

TEST(SendQueueTest, TakesBackTheNewestBytesAndNoOthers) {
  BufferPool pool;
  SendQueue queue(pool, 100);
  queue.append("sent first ");
  ScriptedPeer peer({4, 0});
  EXPECT_EQ(queue.flush(peer), Flush::kBlocked);
  const auto before = queue.pending();
  queue.append("never sent");
  queue.take_back(queue.pending() - before);
  queue.append("instead");
  EXPECT_EQ(queue.flush(peer), Flush::kDrained);
  EXPECT_EQ(peer.received, "sent first instead");
  queue.take_back(0);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace gabion::proxy
