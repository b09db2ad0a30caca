// Upstream connections: who may share them, how many there are, who waits, and which are not used again.
#include "tests/proxy/upstream/pool_fixture.h"

namespace gabion::proxy {
namespace {

TEST_F(UpstreamPoolTest, UsesAConnectionAgainForTheSameIdentity) {
  auto connection = connect();
  EXPECT_FALSE(connection->reused);
  const auto* first = connection.get();
  give_back(std::move(connection));
  EXPECT_EQ(pool_.idle_count(), 1U);
  auto again = acquire(owner_);
  EXPECT_EQ(again.get(), first);
  EXPECT_TRUE(again->reused);
  EXPECT_EQ(again->progress(), UpstreamConnection::State::kReady);
  EXPECT_EQ(pool_.idle_count(), 0U);
  EXPECT_EQ(pool_.open_count(), 1U);
  EXPECT_EQ(metrics_.counters().pool_hits, 1U);
  EXPECT_EQ(metrics_.counters().pool_misses, 1U);
  pool_.discard(std::move(again));
}

TEST_F(UpstreamPoolTest, KeepsNoLargeHeadOfAnIdleConnection) {
  auto connection = connect();
  std::string answer = "HTTP/1.1 204 No\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n";
  const auto step = connection->decoder.next({answer.data(), answer.size()});
  EXPECT_EQ(step.event, http1::Decoder::Event::kHead);
  EXPECT_EQ(connection->decoder.next({}).event, http1::Decoder::Event::kEnd);
  const auto* idle = connection.get();
  give_back(std::move(connection));
  EXPECT_LT(idle->decoder.kept_bytes(), 4096U);
}

TEST_F(UpstreamPoolTest, NeverSharesAcrossIdentitiesOrPlans) {
  give_back(connect(1));
  auto other_identity = acquire(owner_, 2);
  EXPECT_FALSE(other_identity->reused);
  auto other_plan = plan_;
  other_plan.pool_key += "|mtls";
  auto other = pool_.acquire({other_plan, snapshot_, 1}, owner_);
  EXPECT_FALSE(other->reused);
  EXPECT_EQ(pool_.idle_count(), 1U);
  pool_.discard(std::move(other_identity));
  pool_.discard(std::move(other));
}

TEST_F(UpstreamPoolTest, TakesTheLastUsedFirst) {
  auto first = connect();
  auto second = connect();
  const auto* last = second.get();
  give_back(std::move(first));
  give_back(std::move(second));
  auto taken = acquire(owner_);
  EXPECT_EQ(taken.get(), last);
  pool_.discard(std::move(taken));
}

TEST_F(UpstreamPoolTest, ConnectsAnewForARetry) {
  give_back(connect());
  auto fresh = pool_.acquire({plan_, snapshot_, 1, true}, owner_);
  EXPECT_FALSE(fresh->reused);
  EXPECT_EQ(pool_.open_count(), 2U);
  pool_.discard(std::move(fresh));
}

TEST_F(UpstreamPoolTest, MakesRoomForARetryAtTheLimit) {
  limit(1);
  give_back(connect());
  auto fresh = pool_.acquire({plan_, snapshot_, 1, true}, owner_);
  ASSERT_NE(fresh, nullptr);
  EXPECT_FALSE(fresh->reused);
  EXPECT_EQ(pool_.open_count(), 1U);
  EXPECT_EQ(pool_.idle_count(), 0U);
  pool_.discard(std::move(fresh));
}

TEST_F(UpstreamPoolTest, DropsAnIdleConnectionThatTheServiceClosed) {
  give_back(connect());
  ::close(peers_.back());
  peers_.pop_back();
  EXPECT_TRUE(drive(*loop_, [&] { return pool_.idle_count() == 0; }));
  EXPECT_EQ(pool_.open_count(), 0U);
  EXPECT_EQ(metrics_.counters().upstream.closed, 1U);
}

TEST_F(UpstreamPoolTest, DropsAnIdleConnectionThatSpeaksUnasked) {
  give_back(connect());
  send_all(peers_.back(), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_TRUE(drive(*loop_, [&] { return pool_.idle_count() == 0; }));
}

// The edge was spent while the last answer was read; nothing will announce what is still in the socket.
TEST_F(UpstreamPoolTest, FindsUnaskedBytesThatNoEdgeAnnounces) {
  auto connection = connect();
  send_all(peers_.back(), "answerHTTP/1.1 200 OK\r\n\r\n");
  std::string answer(6, '\0');
  ASSERT_TRUE(drive(*loop_, [&] { return connection->transport().read(answer).status == IoStatus::kOk; }));
  give_back(std::move(connection));
  auto next = acquire(owner_);
  EXPECT_FALSE(next->reused);
  EXPECT_EQ(metrics_.counters().upstream.closed, 1U);
  pool_.discard(std::move(next));
}

TEST_F(UpstreamPoolTest, DoesNotKeepWhatThePeerHasClosed) {
  auto connection = connect();
  ::shutdown(peers_.back(), SHUT_WR);
  ASSERT_TRUE(drive(*loop_, [&] { return connection->socket()->peer_closed(); }));
  give_back(std::move(connection));
  EXPECT_EQ(pool_.idle_count(), 0U);
  EXPECT_EQ(pool_.open_count(), 0U);
}

TEST_F(UpstreamPoolTest, KeepsNoMoreIdleThanTheLimit) {
  limit(8, 1);
  auto first = connect();
  auto second = connect();
  give_back(std::move(first));
  give_back(std::move(second));
  EXPECT_EQ(pool_.idle_count(), 1U);
  EXPECT_EQ(reached(Limit::kIdleUpstreamConnections), 1U);
}

/// Each has a group of its own, so the limit of a group would bound nothing.
TEST_F(UpstreamPoolTest, KeepsNoMoreIdleForAllCallersTogetherThanOneMayHaveOpen) {
  limit(2);
  snapshot_ = [&] {
    auto snapshot = next_snapshot();
    snapshot->config.limits.upstream_connections = 2;
    snapshot->listeners.back().upstreams.front().pool_key = std::string("caller") + kEndOfPoolFamily;
    return snapshot;
  }();
  for (std::uint32_t last = 1; last <= 4; ++last) {
    plan_.source = config::IpAddress::v4(0x7f000100 + last);
    plan_.source_is_foreign = true;
    plan_.pool_key = std::string("caller") + kEndOfPoolFamily + pool_key_of(plan_);
    auto connection = acquire(owner_);
    ASSERT_NE(connection, nullptr);
    if (connection->progress() == UpstreamConnection::State::kFailed) {
      const std::string why = connection->failure_detail();
      pool_.discard(std::move(connection));
      EXPECT_NE(why.find("Operation not permitted"), std::string::npos) << why;
      GTEST_SKIP() << "needs CAP_NET_ADMIN: " << why;
    }
    EXPECT_EQ(settle(*connection), UpstreamConnection::State::kReady);
    EXPECT_FALSE(connection->reused) << "another caller's";
    give_back(std::move(connection));
  }
  EXPECT_EQ(pool_.idle_count(), 2U);
  EXPECT_EQ(reached(Limit::kIdleUpstreamConnections), 2U);
}

TEST_F(UpstreamPoolTest, HoldsNoBufferMemoryWhileIdle) {
  auto connection = connect();
  static_cast<void>(connection->in.prepare(1));
  EXPECT_GT(buffers_.in_use_bytes(), 0U);
  give_back(std::move(connection));
  EXPECT_EQ(buffers_.in_use_bytes(), 0U);
}

TEST_F(UpstreamPoolTest, LetsOthersWaitAtTheLimitAndCallsThemInTurn) {
  limit(1);
  auto only = connect();
  EXPECT_EQ(acquire(second_), nullptr);
  EXPECT_EQ(acquire(third_), nullptr);
  EXPECT_EQ(acquire(second_), nullptr);  // asking again does not queue twice
  EXPECT_EQ(reached(Limit::kUpstreamConnections), 2U);
  give_back(std::move(only));
  loop_->turn(std::chrono::milliseconds(0));
  EXPECT_EQ(second_.wakes, 1);
  EXPECT_EQ(third_.wakes, 0);
  auto taken = acquire(second_);
  ASSERT_NE(taken, nullptr);
  EXPECT_TRUE(taken->reused);
  pool_.discard(std::move(taken));
  loop_->turn(std::chrono::milliseconds(0));
  EXPECT_EQ(third_.wakes, 1);
  pool_.cancel_wait(third_);
}

TEST_F(UpstreamPoolTest, CountsPlacesForEachIdentity) {
  limit(1);
  auto first = connect(1);
  auto second = acquire(owner_, 2);
  EXPECT_NE(second, nullptr);
  pool_.discard(std::move(first));
  pool_.discard(std::move(second));
}

TEST_F(UpstreamPoolTest, ForgetsWhoGaveUp) {
  limit(1);
  auto only = connect();
  {
    CountingWakeable impatient;
    EXPECT_EQ(acquire(impatient), nullptr);
    EXPECT_EQ(acquire(third_), nullptr);
    pool_.cancel_wait(impatient);
  }
  pool_.discard(std::move(only));
  loop_->turn(std::chrono::milliseconds(0));
  EXPECT_EQ(third_.wakes, 1);
  pool_.cancel_wait(third_);
}

// Was: the place was offered to somebody who had just gone, and nobody else heard of it.
TEST_F(UpstreamPoolTest, OffersThePlaceToTheNextWhenTheOneCalledGivesUp) {
  limit(1);
  auto only = connect();
  EXPECT_EQ(acquire(second_), nullptr);
  EXPECT_EQ(acquire(third_), nullptr);
  give_back(std::move(only));
  pool_.cancel_wait(second_);  // its client is gone, in the same turn
  loop_->turn(std::chrono::milliseconds(0));
  loop_->turn(std::chrono::milliseconds(0));
  EXPECT_EQ(third_.wakes, 1);
  auto taken = acquire(third_);
  EXPECT_NE(taken, nullptr);
  pool_.discard(std::move(taken));
}

// Was: it stayed in the queue, and was woken after it had been destroyed.
TEST_F(UpstreamPoolTest, RemembersNobodyWhoFoundAPlaceBeforeItsTurn) {
  limit(1);
  auto only = connect();
  EXPECT_EQ(acquire(second_), nullptr);
  Owned taken;
  {
    CountingWakeable early;
    EXPECT_EQ(acquire(early), nullptr);
    give_back(std::move(only));  // calls second_
    taken = acquire(early);      // woken by its client's bytes in the same turn
    EXPECT_NE(taken, nullptr);
  }
  EXPECT_EQ(acquire(second_), nullptr);
  loop_->turn(std::chrono::milliseconds(0));
  const int before = second_.wakes;
  pool_.discard(std::move(taken));
  loop_->turn(std::chrono::milliseconds(0));
  EXPECT_EQ(second_.wakes, before + 1);
  pool_.cancel_wait(second_);
}

TEST_F(UpstreamPoolTest, KeepsTheTurnOfWhoWasCalledInVain) {
  limit(1);
  auto only = connect();
  EXPECT_EQ(acquire(second_), nullptr);
  EXPECT_EQ(acquire(third_), nullptr);
  give_back(std::move(only));
  auto taken = acquire(owner_);  // a newcomer is quicker
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(acquire(second_), nullptr);
  const int before = second_.wakes;
  pool_.discard(std::move(taken));
  loop_->turn(std::chrono::milliseconds(0));
  EXPECT_GT(second_.wakes, before);
  EXPECT_EQ(third_.wakes, 0);
  EXPECT_EQ(reached(Limit::kUpstreamConnections), 2U);
  pool_.cancel_wait(second_);
  pool_.cancel_wait(third_);
}

TEST_F(UpstreamPoolTest, SweepsWhatIdledTooLong) {
  give_back(connect());
  pool_.sweep(*snapshot_);
  EXPECT_EQ(pool_.idle_count(), 1U);
  const auto impatient = next_snapshot();
  impatient->config.timeouts.upstream_idle = std::chrono::milliseconds(0);
  pool_.sweep(*impatient);
  EXPECT_EQ(pool_.idle_count(), 0U);
  EXPECT_EQ(pool_.open_count(), 0U);
  char byte = 0;
  EXPECT_TRUE(drive(*loop_, [&] { return ::recv(peers_.back(), &byte, 1, MSG_DONTWAIT) == 0; }));  // an end, no reset
}

TEST_F(UpstreamPoolTest, SweepKeepsGroupsThatAreInUse) {
  auto connection = connect();
  const auto impatient = next_snapshot();
  impatient->config.timeouts.upstream_idle = std::chrono::milliseconds(0);
  pool_.sweep(*impatient);
  give_back(std::move(connection));  // its group is still there
  EXPECT_EQ(pool_.idle_count(), 1U);
}

TEST_F(UpstreamPoolTest, FailsWhenNobodyListens) {
  listener_.close();
  auto connection = acquire(owner_);
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(settle(*connection), UpstreamConnection::State::kFailed);
  EXPECT_EQ(connection->failure(), Reason::kUpstreamConnectFailed);
  EXPECT_NE(connection->failure_detail(), "");
  pool_.discard(std::move(connection));
  EXPECT_EQ(pool_.open_count(), 0U);
}

TEST_F(UpstreamPoolTest, FailsWhenTheSourceAddressIsNotOurs) {
  plan_.source = config::IpAddress::v4(0xc0000201);  // 192.0.2.1, documentation only
  auto connection = acquire(owner_);
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(connection->progress(), UpstreamConnection::State::kFailed);
  EXPECT_EQ(connection->failure(), Reason::kUpstreamConnectFailed);
  EXPECT_EQ(connection->socket(), nullptr);
  pool_.discard(std::move(connection));
}

}  // namespace
}  // namespace gabion::proxy
