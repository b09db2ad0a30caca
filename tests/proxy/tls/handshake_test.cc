// Handshakes in process: who gets in, who is refused, and with which reason.
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "proxy/net/send_queue.h"
#include "proxy/tls/stream.h"
#include "tests/proxy/net/loop_driver.h"
#include "tests/proxy/tls/raw_peer.h"

namespace gabion::proxy::tls {
namespace {

using Handshake = TlsStream::Handshake;
using namespace std::string_view_literals;

constexpr auto kHttpAlpn = "\x08http/1.1"sv;

const TestAuthority& authority() {
  static const TestAuthority made("root");
  return made;
}
const TestAuthority& stranger() {
  static const TestAuthority made("stranger");
  return made;
}
const std::shared_ptr<const Contexts>& contexts() {
  static const auto made = make_contexts(identity_text(authority()));
  return made;
}

std::vector<config::SpiffeId> ids(std::initializer_list<std::string> texts) {
  std::vector<config::SpiffeId> parsed;
  for (const auto& text : texts) {
    parsed.push_back(config::SpiffeId::parse(text).value());
  }
  return parsed;
}

/// Steps one end until it has decided.
template <class End, class Blocked>
void step(End& end, Blocked& state, Blocked blocked) {
  if (state == blocked) {
    state = end.handshake();
  }
}

class HandshakeTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0U) << "an error is left for the next connection to find"; }

  std::unique_ptr<TlsStream> server(ServerRole role = ServerRole::kStrict) {
    return TlsStream::accept(*loop_, pair_.take_ours(), contexts(), role);
  }
  Handshake shake_with_raw(TlsStream& stream, RawPeer& peer) {
    auto result = Handshake::kBlocked;
    auto raw = RawPeer::Step::kBlocked;
    EXPECT_TRUE(drive(*loop_, [&] {
      step(peer, raw, RawPeer::Step::kBlocked);
      ERR_clear_error();  // the peer's own
      step(stream, result, Handshake::kBlocked);
      return result == Handshake::kFailed || (result == Handshake::kDone && raw != RawPeer::Step::kBlocked);
    }));
    return result;
  }

  std::unique_ptr<EventLoop> loop_ = make_loop();
  SocketPair pair_;
};

TEST_F(HandshakeTest, LetsTwoGoodEndsKnowEachOther) {
  const auto accepted = ids({kOtherTestId, kTestId});
  const auto slot = std::make_shared<SessionSlot>();
  const auto server_end = server();
  const auto client = TlsStream::connect(*loop_, pair_.take_theirs(), contexts(), accepted, slot);
  auto server_state = Handshake::kBlocked;
  auto client_state = Handshake::kBlocked;
  ASSERT_TRUE(drive(*loop_, [&] {
    step(*client, client_state, Handshake::kBlocked);
    step(*server_end, server_state, Handshake::kBlocked);
    return server_state != Handshake::kBlocked && client_state != Handshake::kBlocked;
  }));
  ASSERT_EQ(client_state, Handshake::kDone) << client->failure_detail();
  ASSERT_EQ(server_state, Handshake::kDone) << server_end->failure_detail();
  for (const auto* end : {client.get(), server_end.get()}) {
    EXPECT_EQ(end->peer().id.to_string(), kTestId);
    EXPECT_FALSE(end->peer().resumed);
    EXPECT_EQ(end->peer().root, fingerprint(*authority().certificate()));
    EXPECT_EQ(end->peer().expires, contexts()->material().not_after);
    EXPECT_EQ(end->failure(), Reason::kNone);
  }
  EXPECT_EQ(server_end->server_name(), "");
}

TEST_F(HandshakeTest, CarriesMoreThanTheSocketsHoldAndEndsInOrder) {
  const auto accepted = ids({kTestId});
  const auto server_end = server();
  const auto client =
      TlsStream::connect(*loop_, pair_.take_theirs(), contexts(), accepted, std::make_shared<SessionSlot>());
  BufferPool pool;
  SendQueue queue(pool, 1 << 20);
  std::string sent;
  for (int i = 0; sent.size() < (3 << 20); ++i) {
    sent += std::to_string(i) + ",";
  }
  queue.append(sent);
  std::string received;
  auto end = IoStatus::kBlocked;
  std::array<char, 7'777> piece{};
  bool closed = false;
  ASSERT_TRUE(drive(*loop_, [&] {
    if (client->handshake() == Handshake::kDone && !closed && queue.flush(*client) == SendQueue::Flush::kDrained) {
      client->shutdown_write();
      closed = true;
    }
    if (server_end->handshake() != Handshake::kDone) {
      return false;
    }
    for (int i = 0; i < 50; ++i) {
      const auto got = server_end->read(piece);
      if (got.status != IoStatus::kOk) {
        end = got.status;
        break;
      }
      received.append(piece.data(), got.bytes);
    }
    return end == IoStatus::kClosed || end == IoStatus::kError;
  }));
  EXPECT_EQ(end, IoStatus::kClosed);
  EXPECT_EQ(received.size(), sent.size());
  EXPECT_TRUE(received == sent);
}

TEST_F(HandshakeTest, TellsACutFromAnEnd) {
  const auto leaf = authority().issue({});
  const auto server_end = server();
  RawPeer client(RawPeer::Role::kClient, pair_.theirs, {.identity = &leaf});
  ASSERT_EQ(shake_with_raw(*server_end, client), Handshake::kDone);
  pair_.close_theirs();  // no close_notify
  auto status = IoStatus::kBlocked;
  ASSERT_TRUE(drive(*loop_, [&] {
    char byte = 0;
    status = server_end->read({&byte, 1}).status;
    return status != IoStatus::kBlocked;
  }));
  EXPECT_EQ(status, IoStatus::kError);
}

TEST_F(HandshakeTest, ReadsByTheByteWhatOneReadOfTheSocketHeldAndTheEndBehindIt) {
  const auto leaf = authority().issue({});
  const auto server_end = server();
  RawPeer client(RawPeer::Role::kClient, pair_.theirs, {.identity = &leaf});
  ASSERT_EQ(shake_with_raw(*server_end, client), Handshake::kDone);
  // Two records and close_notify wait in the socket together, and its other direction stays open.
  ASSERT_EQ(SSL_write(&client.ssl(), "ab", 2), 2);
  ASSERT_EQ(SSL_write(&client.ssl(), "c", 1), 1);
  SSL_shutdown(&client.ssl());
  ERR_clear_error();
  std::string received;
  auto status = IoStatus::kBlocked;
  ASSERT_TRUE(drive(*loop_, [&] {
    char byte = 0;
    const auto got = server_end->read({&byte, 1});
    received.append(&byte, got.bytes);
    status = got.status;
    return status == IoStatus::kClosed || status == IoStatus::kError;
  }));
  EXPECT_EQ(status, IoStatus::kClosed);
  EXPECT_EQ(received, "abc");
  char byte = 0;
  EXPECT_EQ(server_end->read({&byte, 1}).status, IoStatus::kClosed) << "and says so again";
}

// What a server makes of a client.

struct ClientCase {
  std::string name;
  std::function<KeyPair()> identity;  ///< empty: none
  Reason reason;
};

class ClientRefusedTest : public HandshakeTest, public ::testing::WithParamInterface<std::tuple<ClientCase, int>> {};

TEST_P(ClientRefusedTest, GivesTheReason) {
  const auto& [tested, version] = GetParam();
  const auto leaf = tested.identity ? tested.identity() : KeyPair();
  const auto server_end = server();
  RawPeer client(RawPeer::Role::kClient, pair_.theirs,
                 {.identity = tested.identity ? &leaf : nullptr, .alpn = kHttpAlpn, .version = version});
  EXPECT_EQ(shake_with_raw(*server_end, client), Handshake::kFailed);
  EXPECT_EQ(traits(server_end->failure()).code, traits(tested.reason).code) << server_end->failure_detail();
  EXPECT_NE(server_end->failure_detail(), "");
}

KeyPair issued(const CertificateRecipe& recipe) {
  return authority().issue(recipe);
}

INSTANTIATE_TEST_SUITE_P(
    Clients, ClientRefusedTest,
    ::testing::Combine(
        ::testing::Values(
            ClientCase{"NoCertificate", {}, Reason::kNoClientCertificate},
            ClientCase{"UnknownRoot", [] { return stranger().issue({}); }, Reason::kClientCertificateUntrusted},
            ClientCase{"RootOfTheSameName", [] { return TestAuthority("root").issue({}); },
                       Reason::kClientCertificateUntrusted},
            ClientCase{"Expired", [] { return issued({.begins_in_seconds = -900, .ends_in_seconds = -60}); },
                       Reason::kClientCertificateExpired},
            ClientCase{"NotYetValid", [] { return issued({.begins_in_seconds = 900}); },
                       Reason::kClientCertificateExpired},
            ClientCase{"OnlyForServers", [] { return issued({.extended_key_usage = "serverAuth"}); },
                       Reason::kClientCertificateUntrusted},
            ClientCase{"NoSan", [] { return issued({.subject_alt_name = ""}); }, Reason::kClientCertificateIdentity},
            ClientCase{"TwoUriSans",
                       [] { return issued({.subject_alt_name = "URI:" + kTestId + ",URI:" + kOtherTestId}); },
                       Reason::kClientCertificateIdentity},
            ClientCase{"ACa",
                       [] {
                         return issued(
                             {.basic_constraints = "critical,CA:TRUE", .key_usage = "digitalSignature,keyCertSign"});
                       },
                       Reason::kClientCertificateIdentity},
            ClientCase{"NoKeyUsage", [] { return issued({.key_usage = ""}); }, Reason::kClientCertificateIdentity},
            ClientCase{"OtherTrustDomain",
                       [] { return issued({.subject_alt_name = "URI:spiffe://other.test/ns/shop/sa/web"}); },
                       Reason::kTrustDomain}),
        ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION)),
    [](const auto& tested) {
      return std::get<0>(tested.param).name + (std::get<1>(tested.param) == TLS1_2_VERSION ? "12" : "13");
    });

TEST_F(HandshakeTest, AcceptsAClientThroughItsIntermediate) {
  const TestAuthority intermediate("intermediate", &authority());
  const auto leaf = intermediate.issue({.ends_in_seconds = 9'000});  // longer than its issuer's 7,200
  const auto server_end = server();
  RawPeer client(RawPeer::Role::kClient, pair_.theirs, {.identity = &leaf});
  SSL_add1_chain_cert(&client.ssl(), intermediate.certificate().get());
  ASSERT_EQ(shake_with_raw(*server_end, client), Handshake::kDone) << server_end->failure_detail();
  EXPECT_EQ(server_end->peer().root, fingerprint(*authority().certificate()));
  EXPECT_LE(server_end->peer().expires, not_after(*intermediate.certificate()));  // the first of its chain to run out
}

// Which application protocols are spoken.

struct AlpnCase {
  std::string name;
  ServerRole role;
  std::string_view offered;
  std::string_view chosen;  ///< "!" = refused as a protocol mismatch
};

class AlpnTest : public HandshakeTest, public ::testing::WithParamInterface<AlpnCase> {};

TEST_P(AlpnTest, ChoosesOrRefuses) {
  const auto leaf = authority().issue({});
  const auto server_end = server(GetParam().role);
  RawPeer client(RawPeer::Role::kClient, pair_.theirs, {.identity = &leaf, .alpn = GetParam().offered});
  const auto result = shake_with_raw(*server_end, client);
  if (GetParam().chosen == "!") {
    EXPECT_EQ(result, Handshake::kFailed);
    EXPECT_EQ(server_end->failure(), Reason::kProtocolMismatch);
    return;
  }
  ASSERT_EQ(result, Handshake::kDone) << server_end->failure_detail();
  EXPECT_EQ(client.alpn(), GetParam().chosen);
}

INSTANTIATE_TEST_SUITE_P(
    Offers, AlpnTest,
    ::testing::Values(AlpnCase{"None", ServerRole::kStrict, "", ""},
                      AlpnCase{"Http1", ServerRole::kStrict, kHttpAlpn, "http/1.1"},
                      AlpnCase{"Both", ServerRole::kStrict, "\x02h2\x08http/1.1"sv, "h2"},
                      AlpnCase{"Istio", ServerRole::kStrict, "\x0eistio-http/1.1\x05istio"sv, "istio-http/1.1"},
                      AlpnCase{"OnlyHttp2", ServerRole::kStrict, "\x02h2"sv, "h2"},
                      AlpnCase{"Postgres", ServerRole::kStrict, "\x0apostgresql"sv, "!"},
                      AlpnCase{"PermissiveNone", ServerRole::kPermissive, "", "!"},
                      AlpnCase{"PermissiveForeign", ServerRole::kPermissive, "\x0apostgresql"sv, "!"},
                      AlpnCase{"PermissiveMesh", ServerRole::kPermissive, "\x0eistio-http/1.1"sv, "istio-http/1.1"},
                      AlpnCase{"PermissiveHttp2Only", ServerRole::kPermissive, "\x02h2"sv, "h2"}),
    [](const auto& tested) { return tested.param.name; });

// What a client makes of a server.

struct ServerCase {
  std::string name;
  std::function<KeyPair()> identity;
  Reason reason;
};

class ServerRefusedTest : public HandshakeTest, public ::testing::WithParamInterface<std::tuple<ServerCase, int>> {};

TEST_P(ServerRefusedTest, GivesTheReason) {
  const auto& [tested, version] = GetParam();
  const auto leaf = tested.identity();
  const auto accepted = ids({kTestId, "spiffe://other.test/ns/shop/sa/web"});
  const auto client =
      TlsStream::connect(*loop_, pair_.take_ours(), contexts(), accepted, std::make_shared<SessionSlot>());
  RawPeer server_end(RawPeer::Role::kServer, pair_.theirs, {.identity = &leaf, .version = version});
  EXPECT_EQ(shake_with_raw(*client, server_end), Handshake::kFailed);
  EXPECT_EQ(traits(client->failure()).code, traits(tested.reason).code) << client->failure_detail();
  EXPECT_NE(client->failure_detail(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Servers, ServerRefusedTest,
    ::testing::Combine(
        ::testing::Values(
            ServerCase{"AnotherWorkload", [] { return issued({.subject_alt_name = "URI:" + kOtherTestId}); },
                       Reason::kUpstreamIdentity},
            ServerCase{"OtherTrustDomainEvenIfWanted",
                       [] { return issued({.subject_alt_name = "URI:spiffe://other.test/ns/shop/sa/web"}); },
                       Reason::kUpstreamIdentity},
            ServerCase{"NoSan", [] { return issued({.subject_alt_name = "DNS:web.shop.svc"}); },
                       Reason::kUpstreamIdentity},
            ServerCase{"UnknownRoot", [] { return stranger().issue({}); }, Reason::kUpstreamTlsFailed},
            ServerCase{"OnlyForClients", [] { return issued({.extended_key_usage = "clientAuth"}); },
                       Reason::kUpstreamTlsFailed},
            ServerCase{"Expired", [] { return issued({.begins_in_seconds = -900, .ends_in_seconds = -60}); },
                       Reason::kUpstreamTlsFailed}),
        ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION)),
    [](const auto& tested) {
      return std::get<0>(tested.param).name + (std::get<1>(tested.param) == TLS1_2_VERSION ? "12" : "13");
    });

// What is no TLS at all.

TEST_F(HandshakeTest, FailsOnGarbageAndOnAnEarlyEnd) {
  for (const std::string_view first : {"GET / HTTP/1.1\r\n\r\n"sv, "\x16\x03\x01\x00\x02zz"sv, "\x16"sv, ""sv}) {
    SocketPair pair;
    const auto server_end = TlsStream::accept(*loop_, pair.take_ours(), contexts(), ServerRole::kStrict);
    if (!first.empty()) {
      send_all(pair.theirs, first);
    }
    ::shutdown(pair.theirs, SHUT_WR);
    auto state = Handshake::kBlocked;
    ASSERT_TRUE(drive(*loop_, [&] {
      state = server_end->handshake();
      return state != Handshake::kBlocked;
    }));
    EXPECT_EQ(state, Handshake::kFailed);
    EXPECT_EQ(server_end->failure(), Reason::kTlsHandshakeFailed);
    EXPECT_EQ(server_end->handshake(), Handshake::kFailed);  // and stays so
  }
}

TEST_F(HandshakeTest, SaysAtOnceThatItsSocketCouldNotBeWatched) {
  const auto server_end = TlsStream::accept(*loop_, -1, contexts(), ServerRole::kStrict);
  ASSERT_NE(server_end, nullptr);
  EXPECT_FALSE(server_end->socket().is_open());
  EXPECT_EQ(server_end->handshake(), Handshake::kFailed);
}

}  // namespace
}  // namespace gabion::proxy::tls
