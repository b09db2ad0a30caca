// Resumed sessions: who they stand for, and when they must not be believed any more.
#include <gtest/gtest.h>

#include "proxy/tls/stream.h"
#include "tests/proxy/net/loop_driver.h"
#include "tests/proxy/tls/raw_peer.h"

namespace gabion::proxy::tls {
namespace {

using Handshake = TlsStream::Handshake;

struct Ends {
  Handshake client_state = Handshake::kBlocked;
  Handshake server_state = Handshake::kBlocked;
  std::unique_ptr<TlsStream> client;
  std::unique_ptr<TlsStream> server;
};

class ResumptionTest : public ::testing::Test {
 protected:
  ResumptionTest() : ours_("ours"), theirs_("theirs") {
    both_roots_ = to_pem(ours_.certificate()) + to_pem(theirs_.certificate());
    client_ = make_contexts(with_bundle(ours_, both_roots_));
    server_ = make_contexts(with_bundle(theirs_, both_roots_));
  }

  static IdentityText with_bundle(const TestAuthority& authority, const std::string& bundle,
                                  const CertificateRecipe& recipe = {}) {
    auto text = identity_text(authority, recipe);
    text.trust_bundle = bundle;
    return text;
  }

  Ends begin() {
    SocketPair pair;
    Ends ends;
    ends.client = TlsStream::connect(*loop_, pair.take_ours(), client_, accepted_, slot_);
    ends.server = TlsStream::accept(*loop_, pair.take_theirs(), server_, ServerRole::kStrict);
    return ends;
  }
  /// Until both have decided and the client has read the ticket.
  void finish(Ends& ends) {
    ASSERT_TRUE(drive(*loop_, [&] {
      if (ends.client_state == Handshake::kBlocked) {
        ends.client_state = ends.client->handshake();
      }
      if (ends.server_state == Handshake::kBlocked) {
        ends.server_state = ends.server->handshake();
      }
      return ends.client_state == Handshake::kFailed || ends.server_state == Handshake::kFailed ||
             (ends.client_state == Handshake::kDone && ends.server_state == Handshake::kDone);
    }));
    if (ends.client_state == Handshake::kDone && ends.server_state == Handshake::kDone) {
      read_ticket(ends);
    }
  }
  void read_ticket(Ends& ends) {
    ASSERT_EQ(ends.server->write(std::string_view("x")).status, IoStatus::kOk);
    ASSERT_TRUE(drive(*loop_, [&] {
      char byte = 0;
      return ends.client->read({&byte, 1}).status == IoStatus::kOk;
    }));
  }
  Ends connect() {
    auto ends = begin();
    finish(ends);
    return ends;
  }

  TestAuthority ours_;
  TestAuthority theirs_;
  std::string both_roots_;
  std::shared_ptr<const Contexts> client_;
  std::shared_ptr<const Contexts> server_;
  std::shared_ptr<SessionSlot> slot_ = std::make_shared<SessionSlot>();
  std::vector<config::SpiffeId> accepted_ = {config::SpiffeId::parse(kTestId).value()};
  std::unique_ptr<EventLoop> loop_ = make_loop();
};

TEST_F(ResumptionTest, KnowsThePeerOfTheFullHandshakeAtBothEnds) {
  const auto first = connect();
  ASSERT_EQ(first.server_state, Handshake::kDone);
  EXPECT_FALSE(first.client->peer().resumed);
  for (int i = 0; i < 3; ++i) {
    const auto again = connect();
    ASSERT_EQ(again.client_state, Handshake::kDone);
    ASSERT_EQ(again.server_state, Handshake::kDone);
    for (const auto& [end, full] :
         {std::pair{again.client.get(), first.client.get()}, std::pair{again.server.get(), first.server.get()}}) {
      EXPECT_TRUE(end->peer().resumed);
      EXPECT_EQ(end->peer().id, full->peer().id);
      EXPECT_EQ(end->peer().root, full->peer().root);
      EXPECT_EQ(end->peer().expires, full->peer().expires);
    }
  }
}

// Was: a connection that was dropped without close_notify, as every pooled one is, took its session with it.
TEST_F(ResumptionTest, OutlivesAConnectionThatWasDropped) {
  {
    const auto dropped = connect();
    ASSERT_EQ(dropped.client_state, Handshake::kDone);
  }
  EXPECT_NE(slot_->get(std::chrono::system_clock::now()), nullptr);
  EXPECT_TRUE(connect().client->peer().resumed);
}

// Was: the peer was looked up when the handshake ended, though another connection had changed the slot meanwhile.
TEST_F(ResumptionTest, IsThePeerOfTheSessionThatWasOffered) {
  ASSERT_EQ(connect().client_state, Handshake::kDone);
  const auto truth = slot_->peer();
  auto ends = begin();
  SSL_SESSION* session = slot_->get(std::chrono::system_clock::now());
  ASSERT_NE(session, nullptr);
  SSL_SESSION_up_ref(session);
  auto other = truth;
  other.expires += std::chrono::hours(24);
  other.root.fill(0);
  slot_->put(session, other);
  finish(ends);
  ASSERT_EQ(ends.client_state, Handshake::kDone);
  EXPECT_TRUE(ends.client->peer().resumed);
  EXPECT_EQ(ends.client->peer().root, truth.root);
  EXPECT_EQ(ends.client->peer().expires, truth.expires);
}

TEST_F(ResumptionTest, EndsForTheServerWhenTheClientsRootLeftItsBundle) {
  ASSERT_EQ(connect().server_state, Handshake::kDone);
  server_ = make_contexts(with_bundle(theirs_, to_pem(theirs_.certificate())));
  const auto ends = connect();
  EXPECT_EQ(ends.server_state, Handshake::kFailed);
  EXPECT_EQ(ends.server->failure(), Reason::kClientCertificateUntrusted);
}

TEST_F(ResumptionTest, FallsBackToAFullHandshakeWithNewContextsThatTrustThePeer) {
  ASSERT_EQ(connect().server_state, Handshake::kDone);
  server_ = make_contexts(with_bundle(theirs_, both_roots_));
  const auto ends = connect();
  ASSERT_EQ(ends.server_state, Handshake::kDone);
  EXPECT_FALSE(ends.server->peer().resumed);
  EXPECT_FALSE(ends.client->peer().resumed);
}

TEST_F(ResumptionTest, EndsForTheClientWhenTheServersRootLeftItsBundle) {
  ASSERT_EQ(connect().client_state, Handshake::kDone);
  client_ = make_contexts(with_bundle(ours_, to_pem(ours_.certificate())));
  EXPECT_EQ(connect().client_state, Handshake::kFailed);
}

TEST_F(ResumptionTest, EndsForTheClientWhenAnotherServerIsWanted) {
  ASSERT_EQ(connect().client_state, Handshake::kDone);
  accepted_ = {config::SpiffeId::parse(kOtherTestId).value()};
  const auto ends = connect();
  EXPECT_EQ(ends.client_state, Handshake::kFailed);
  EXPECT_EQ(ends.client->failure(), Reason::kUpstreamIdentity);  // was: an unverified peer, after a resumption
}

TEST_F(ResumptionTest, EndsWithTheCertificateItWasMadeWith) {
  ASSERT_EQ(connect().client_state, Handshake::kDone);
  const auto expires = slot_->peer().expires;
  EXPECT_NE(slot_->get(expires - std::chrono::seconds(1)), nullptr);
  EXPECT_EQ(slot_->get(expires), nullptr);
  EXPECT_EQ(SessionSlot().get(expires), nullptr);
}

class RawResumptionTest : public ResumptionTest, public ::testing::WithParamInterface<int> {};

TEST_P(RawResumptionTest, WorksForOtherClientsInEitherVersion) {
  const auto leaf = ours_.issue({});
  SocketPair first;
  SocketPair second;
  RawPeer client(RawPeer::Role::kClient, first.ours, {.identity = &leaf, .version = GetParam()});
  for (SocketPair* pair : {&first, &second}) {
    if (pair == &second) {
      client.reconnect(second.ours);
    }
    const auto server = TlsStream::accept(*loop_, pair->take_theirs(), server_, ServerRole::kStrict);
    auto state = Handshake::kBlocked;
    auto raw = RawPeer::Step::kBlocked;
    ASSERT_TRUE(drive(*loop_, [&] {
      raw = raw == RawPeer::Step::kBlocked ? client.handshake() : raw;
      state = state == Handshake::kBlocked ? server->handshake() : state;
      return raw != RawPeer::Step::kBlocked && state != Handshake::kBlocked;
    }));
    ASSERT_EQ(state, Handshake::kDone) << server->failure_detail();
    char byte = 0;
    ASSERT_LE(SSL_read(&client.ssl(), &byte, 1), 0);  // takes the ticket
    EXPECT_EQ(server->peer().id.to_string(), kTestId);
    EXPECT_EQ(server->peer().resumed, pair == &second);
    EXPECT_EQ(client.resumed(), pair == &second);
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, RawResumptionTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& tested) { return tested.param == TLS1_2_VERSION ? "Tls12" : "Tls13"; });

}  // namespace
}  // namespace gabion::proxy::tls
