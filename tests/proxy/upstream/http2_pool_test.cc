// Shared HTTP/2 connections: who gets a place, what flow control lets through, how streams and connections end.
#include <deque>

#include "proxy/upstream/http2_half.h"
#include "tests/proxy/upstream/http2_server.h"
#include "tests/proxy/upstream/pool_fixture.h"

namespace gabion::proxy {
namespace {

using Event = UpstreamHalf::Event;
using State = UpstreamHalf::State;
using Joining = UpstreamPool::Joining;

class Http2PoolTest : public UpstreamPoolTest {
 protected:
  Http2PoolTest() { plan_.protocol = config::UpstreamProtocol::kHttp2; }

  struct Caller {
    Caller(EventLoop& loop, BufferPool& buffers) : half(loop, buffers, owner), queue(buffers, 32 * 1024) {}
    CountingWakeable owner;
    Http2Upstream half;
    SendQueue queue;
  };

  Caller& caller() { return callers_.emplace_back(*loop_, buffers_); }
  Joining join(Caller& who, std::uint64_t identity = 1) {
    return pool_.join({plan_, snapshot_, identity}, who.half, who.owner);
  }
  /// One turn of everybody.
  void turn() {
    loop_->turn(std::chrono::milliseconds(1));
    if (const int fd = listener_.accept_one(); fd >= 0) {
      servers_.push_back(std::make_unique<Http2Server>(fd, server_limits_));
    }
    for (const auto& server : servers_) {
      server->turn();
    }
  }
  template <class Done>
  [[nodiscard]] bool run(Done done) {
    bool is_done = done();
    for (int i = 0; i < 3000 && !is_done; ++i) {
      turn();
      is_done = done();
    }
    return is_done;
  }
  /// Joined, connected and asked.
  Caller& ask(std::uint64_t identity = 1, http2::Session::Body body = http2::Session::Body::kNone) {
    Caller& who = caller();
    EXPECT_EQ(join(who, identity), Joining::kJoined);
    EXPECT_TRUE(run([&] { return who.half.progress() == State::kReady; }));
    begin(who, body);
    return who;
  }
  void begin(Caller& who, http2::Session::Body body = http2::Session::Body::kNone) {
    http2::FieldBlock block;
    block.append(":method", "GET");
    block.append(":scheme", "http");
    block.append(":authority", "a");
    block.append(":path", "/");
    who.half.expect_answer_to("GET");
    who.half.begin(block, body, who.queue);
  }
  [[nodiscard]] std::size_t calls() const {
    std::size_t count = 0;
    for (const auto& server : servers_) {
      count += server->calls();
    }
    return count;
  }
  Event next(Caller& who) {
    Event event = Event::kBlocked;
    [[maybe_unused]] const bool came = run([&] { return (event = who.half.next()) != Event::kBlocked; });
    return event;
  }
  void finish(Caller& who) { who.half.finish(UpstreamHalf::Ending::kComplete, *snapshot_); }

  http2::SessionLimits server_limits_;
  std::vector<std::unique_ptr<Http2Server>> servers_;
  std::deque<Caller> callers_;
};

TEST_F(Http2PoolTest, ManyShareAConnection) {
  Caller& first = ask();
  Caller& second = ask();
  ASSERT_TRUE(run([&] { return calls() == 2; }));
  EXPECT_EQ(pool_.open_count(), 1U);
  Http2Server& server = *servers_.front();
  server.answer(server.call(1), "200", "second");
  ASSERT_EQ(next(second), Event::kHead);
  EXPECT_EQ(second.half.head().status, 200);
  ASSERT_EQ(next(second), Event::kBody);
  EXPECT_EQ(std::string_view(second.half.body().data(), second.half.body().size()), "second");
  EXPECT_EQ(next(second), Event::kEnd);
  server.answer(server.call(0), "204", "");
  ASSERT_EQ(next(first), Event::kHead);
  EXPECT_EQ(next(first), Event::kEnd);
}

TEST_F(Http2PoolTest, NeverSharesAcrossIdentities) {
  ask(1);
  ask(2);
  ASSERT_TRUE(run([&] { return calls() == 2; }));
  EXPECT_EQ(pool_.open_count(), 2U);
  EXPECT_EQ(servers_.size(), 2U);
}

TEST_F(Http2PoolTest, OpensAnotherConnectionWhenOneIsFull) {
  server_limits_.concurrent_streams = 2;
  for (int i = 0; i < 3; ++i) {
    ask();
  }
  ASSERT_TRUE(run([&] { return calls() == 3; }));
  EXPECT_EQ(pool_.open_count(), 2U);
}

TEST_F(Http2PoolTest, LetsOthersWaitWhenAllAreFull) {
  limit(1);
  server_limits_.concurrent_streams = 1;
  Caller& first = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  Caller& second = caller();
  EXPECT_EQ(join(second), Joining::kWaiting);
  const int wakes = second.owner.wakes;
  servers_.front()->answer(servers_.front()->call(0), "204", "");
  ASSERT_EQ(next(first), Event::kHead);
  ASSERT_EQ(next(first), Event::kEnd);
  finish(first);
  ASSERT_TRUE(run([&] { return second.owner.wakes != wakes; }));
  EXPECT_EQ(join(second), Joining::kJoined);
}

TEST_F(Http2PoolTest, WhoNeedsAConnectionOfItsOwnDoesNotKeepAStreamFromOthers) {
  limit(1);
  server_limits_.concurrent_streams = 1;
  Caller& first = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  EXPECT_EQ(acquire(second_), nullptr);
  Caller& behind = caller();
  EXPECT_EQ(join(behind), Joining::kWaiting);
  servers_.front()->answer(servers_.front()->call(0), "204", "");
  ASSERT_EQ(next(first), Event::kHead);
  ASSERT_EQ(next(first), Event::kEnd);
  finish(first);
  ASSERT_TRUE(run([&] { return second_.wakes != 0; }));
  EXPECT_EQ(behind.owner.wakes, 0);
  EXPECT_EQ(acquire(second_), nullptr);  // a stream is no use to it
  ASSERT_TRUE(run([&] { return behind.owner.wakes != 0; }));
  EXPECT_EQ(join(behind), Joining::kJoined);
}

TEST_F(Http2PoolTest, AnIdleSharedConnectionMakesRoomForOneOfItsOwn) {
  limit(1);
  Caller& first = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  EXPECT_EQ(acquire(second_), nullptr);
  EXPECT_EQ(second_.wakes, 0);
  servers_.front()->answer(servers_.front()->call(0), "204", "");
  ASSERT_EQ(next(first), Event::kHead);
  ASSERT_EQ(next(first), Event::kEnd);
  finish(first);
  Owned own;
  for (int i = 0; i < 100 && own == nullptr; ++i) {
    turn();
    own = acquire(second_);
  }
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(pool_.open_count(), 1U);
  pool_.discard(std::move(own));
}

TEST_F(Http2PoolTest, NothingButTheFirstGoesBeforeTheServerSaidHowMany) {
  server_limits_.concurrent_streams = 1;
  Caller& first = caller();
  Caller& second = caller();
  ASSERT_EQ(join(first), Joining::kJoined);
  ASSERT_EQ(join(second), Joining::kJoined);
  ASSERT_TRUE(run([&] { return first.half.progress() == State::kReady; }));
  begin(first);
  EXPECT_NE(second.half.progress(), State::kReady);
  ASSERT_TRUE(run([&] { return second.half.progress() == State::kElsewhere; }));
  EXPECT_EQ(calls(), 1U);
}

TEST_F(Http2PoolTest, TheWindowOpensWhenTheBytesWereTaken) {
  Caller& who = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  Http2Server& server = *servers_.front();
  server.answer(server.call(0), "200", std::string(1 << 20, 'x'));
  ASSERT_EQ(next(who), Event::kHead);
  ASSERT_TRUE(run([&] { return server.call(0).sent == 64U * 1024; }));
  for (int i = 0; i < 50; ++i) {
    turn();
  }
  EXPECT_EQ(server.call(0).sent, 64U * 1024);
  std::size_t got = 0;
  for (Event event = next(who); event == Event::kBody; event = next(who)) {
    got += who.half.body().size();
  }
  EXPECT_EQ(got, 1U << 20);
}

TEST_F(Http2PoolTest, ABodyGoesAsFarAsTheServerTakesIt) {
  Caller& who = ask(1, http2::Session::Body::kFollows);
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  Http2Server& server = *servers_.front();
  server.call(0).opens_window = false;
  who.queue.append(std::string(200'000, 'x'));
  EXPECT_FALSE(who.half.send(who.queue));
  ASSERT_TRUE(run([&] { return server.call(0).body.size() == 64U * 1024; }));
  EXPECT_TRUE(who.queue.is_full());
  const inspect::HeaderField trailers[] = {{"x-sum", "7"}};
  who.half.end_request(trailers);
  server.call(0).opens_window = true;
  server.session().consume(server.call(0).id, 64UL * 1024);
  ASSERT_TRUE(run([&] { return server.call(0).ended; }));
  EXPECT_EQ(server.call(0).body.size(), 200'000U);
  ASSERT_EQ(server.call(0).trailers.size(), 1U);
  EXPECT_TRUE(who.queue.empty());
}

TEST_F(Http2PoolTest, ARefusedStreamMayBeSaidAgain) {
  Caller& who = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  servers_.front()->session().reset(servers_.front()->call(0).id, http2::ErrorCode::kRefusedStream);
  EXPECT_EQ(next(who), Event::kRefused);
}

TEST_F(Http2PoolTest, AResetStreamIsLostAndTheOthersAreNot) {
  Caller& first = ask();
  Caller& second = ask();
  ASSERT_TRUE(run([&] { return calls() == 2; }));
  Http2Server& server = *servers_.front();
  server.session().reset(server.call(0).id, http2::ErrorCode::kInternalError);
  EXPECT_EQ(next(first), Event::kLost);
  EXPECT_EQ(first.half.failure(), Reason::kUpstreamReset);
  server.answer(server.call(1), "200", "fine");
  EXPECT_EQ(next(second), Event::kHead);
}

TEST_F(Http2PoolTest, AGoawayLetsOldStreamsFinishAndTakesNoNewOnes) {
  Caller& first = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  Http2Server& server = *servers_.front();
  server.session().goaway();
  for (int i = 0; i < 10; ++i) {
    turn();
  }
  Caller& second = ask();
  ASSERT_TRUE(run([&] { return calls() == 2; }));
  EXPECT_EQ(servers_.size(), 2U);
  server.answer(server.call(0), "200", "done");
  ASSERT_EQ(next(first), Event::kHead);
  ASSERT_EQ(next(first), Event::kBody);
  ASSERT_EQ(next(first), Event::kEnd);
  finish(first);
  EXPECT_TRUE(run([&] { return pool_.open_count() == 1; }));
  EXPECT_EQ(second.half.next(), Event::kBlocked);
}

TEST_F(Http2PoolTest, AStreamTheServerDidNotTakeBeforeItsGoawayMayBeSaidAgain) {
  Caller& first = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  Caller& second = caller();
  ASSERT_EQ(join(second), Joining::kJoined);
  ASSERT_EQ(second.half.progress(), State::kReady);
  servers_.front()->session().goaway();
  servers_.front()->turn();  // leaves before the second stream arrives
  begin(second);
  EXPECT_EQ(next(second), Event::kRefused);
  EXPECT_EQ(first.half.next(), Event::kBlocked);
}

TEST_F(Http2PoolTest, ALostConnectionLosesItsStreams) {
  Caller& who = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  servers_.clear();
  EXPECT_EQ(next(who), Event::kLost);
  finish(who);
  EXPECT_TRUE(run([&] { return pool_.open_count() == 0; }));
}

TEST_F(Http2PoolTest, WhatIsNoHttp2IsSaidSo) {
  Caller& who = caller();
  ASSERT_EQ(join(who), Joining::kJoined);
  int peer = -1;
  ASSERT_TRUE(drive(*loop_, [&] { return (peer = listener_.accept_one()) >= 0; }));
  peers_.push_back(peer);
  ASSERT_TRUE(drive(*loop_, [&] { return who.half.progress() == State::kReady; }));
  begin(who);
  send_all(peer, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(next(who), Event::kMalformed);
  EXPECT_EQ(who.half.failure(), Reason::kUpstreamProtocol);
}

TEST_F(Http2PoolTest, FailsForAllWhenNobodyListens) {
  listener_.close();
  Caller& first = caller();
  Caller& second = caller();
  ASSERT_EQ(join(first), Joining::kJoined);
  ASSERT_EQ(join(second), Joining::kJoined);
  for (Caller* who : {&first, &second}) {
    ASSERT_TRUE(drive(*loop_, [&] { return who->half.progress() == State::kFailed; }));
    EXPECT_EQ(who->half.failure(), Reason::kUpstreamConnectFailed);
  }
  finish(first);
  finish(second);
  EXPECT_TRUE(drive(*loop_, [&] { return pool_.open_count() == 0; }));
}

TEST_F(Http2PoolTest, LeavingResetsTheStreamAndKeepsTheConnection) {
  Caller& who = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  who.half.finish(UpstreamHalf::Ending::kBroken, *snapshot_);
  ASSERT_TRUE(run([&] { return servers_.front()->call(0).closed; }));
  EXPECT_EQ(servers_.front()->call(0).code, http2::ErrorCode::kCancel);
  EXPECT_EQ(pool_.open_count(), 1U);
  EXPECT_EQ(pool_.idle_count(), 1U);
}

TEST_F(Http2PoolTest, AConnectionThatNobodyWaitsForServesTheNext) {
  Caller& who = caller();
  ASSERT_EQ(join(who), Joining::kJoined);
  who.half.finish(UpstreamHalf::Ending::kBroken, *snapshot_);
  for (int i = 0; i < 10; ++i) {
    turn();
  }
  ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  EXPECT_EQ(pool_.open_count(), 1U);
}

TEST_F(Http2PoolTest, SweepsWhatIdledTooLongAndWhatLeadsNowhere) {
  auto snapshot = next_snapshot();
  snapshot->config.timeouts.upstream_idle = config::Duration(0);
  Caller& who = ask();
  ASSERT_TRUE(run([&] { return calls() == 1; }));
  pool_.sweep(*snapshot);
  for (int i = 0; i < 20; ++i) {
    turn();
  }
  EXPECT_EQ(pool_.open_count(), 1U) << "a connection in use stays";
  who.half.finish(UpstreamHalf::Ending::kBroken, *snapshot_);
  pool_.sweep(*snapshot);
  EXPECT_TRUE(run([&] { return pool_.open_count() == 0; }));
}

}  // namespace
}  // namespace gabion::proxy
