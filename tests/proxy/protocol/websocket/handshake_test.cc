// Upgrades to WebSocket: what a request must say and what may answer it.
#include "proxy/protocol/websocket/handshake.h"

#include <gtest/gtest.h>

#include "proxy/protocol/http1/decoder.h"

namespace gabion::proxy::websocket {
namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";  // RFC 6455 §1.3

/// Keeps what heads view.
class Heads {
 public:
  const http1::Head& request(const std::string& lines, const std::string& start = "GET /chat HTTP/1.1") {
    return read(request_, start + "\r\nHost: a\r\n" + lines + "\r\n");
  }
  const http1::Head& answer(const std::string& lines) {
    return read(answer_, "HTTP/1.1 101 Switching Protocols\r\n" + lines + "\r\n");
  }

 private:
  static const http1::Head& read(http1::Decoder& decoder, std::string bytes) {
    EXPECT_EQ(decoder.next(bytes).event, http1::Decoder::Event::kHead) << bytes;
    return decoder.head();
  }
  http1::Decoder request_{http1::Role::kRequest, {}};
  http1::Decoder answer_{http1::Role::kResponse, {}};
};

const std::string kUpgrade = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n";
const std::string kSec = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

TEST(Handshake, ReadsAnOffer) {
  Heads heads;
  const auto& head = heads.request(kUpgrade + kSec +
                                   "Sec-WebSocket-Protocol: chat, superchat\r\n"
                                   "Sec-WebSocket-Extensions: x-other\r\n"
                                   "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
  ASSERT_TRUE(asks_for_websocket(head));
  const auto reading = read_offer(head);
  ASSERT_EQ(reading.status, OfferStatus::kOk) << reading.detail;
  EXPECT_EQ(reading.offer.key, kKey);
  EXPECT_EQ(reading.offer.protocols, (std::vector<std::string_view>{"chat", "superchat"}));
  EXPECT_EQ(to_field(reading.offer.deflate), "permessage-deflate; client_max_window_bits");
}

http1::Head connect_head(std::vector<inspect::HeaderField> fields) {
  http1::Head head;
  head.method = "GET";
  head.major_version = 2;
  head.connect_protocol = "WebSocket";
  head.fields = std::move(fields);
  head.ids.assign(head.fields.size(), http1::FieldId::kOther);
  return head;
}

TEST(Handshake, ReadsTheOfferOfAnExtendedConnect) {
  auto head = connect_head({{"sec-websocket-version", "13"}, {"sec-websocket-protocol", "chat"}});
  ASSERT_TRUE(asks_for_websocket(head));
  const auto reading = read_offer(head);
  ASSERT_EQ(reading.status, OfferStatus::kOk) << reading.detail;
  EXPECT_EQ(reading.offer.key, "");
  EXPECT_EQ(reading.offer.protocols, (std::vector<std::string_view>{"chat"}));
  EXPECT_EQ(read_offer(connect_head({})).status, OfferStatus::kMalformed);
  EXPECT_EQ(read_offer(connect_head({{"sec-websocket-version", "8"}})).status, OfferStatus::kVersion);
  head.connect_protocol = "websockets";
  EXPECT_FALSE(asks_for_websocket(head));
}

struct BadOffer {
  std::string name;
  std::string lines;
  OfferStatus status = OfferStatus::kMalformed;
  std::string start = "GET /chat HTTP/1.1";
};

class BadOffers : public ::testing::TestWithParam<BadOffer> {};

TEST_P(BadOffers, AreToldApart) {
  Heads heads;
  const auto& head = heads.request(GetParam().lines, GetParam().start);
  ASSERT_TRUE(asks_for_websocket(head));
  const auto reading = read_offer(head);
  EXPECT_EQ(reading.status, GetParam().status);
  EXPECT_NE(std::string_view(reading.detail), "");
}

INSTANTIATE_TEST_SUITE_P(
    Handshakes, BadOffers,
    ::testing::Values(
        BadOffer{"Post", kUpgrade + kSec, OfferStatus::kMalformed, "POST / HTTP/1.1"},
        BadOffer{"Http10", kUpgrade + kSec, OfferStatus::kMalformed, "GET / HTTP/1.0"},
        BadOffer{"Body", kUpgrade + kSec + "Content-Length: 1\r\n"},
        BadOffer{"NotNamedByConnection", "Upgrade: websocket\r\n" + kSec},
        BadOffer{"NoVersion", kUpgrade + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"},
        BadOffer{"TwoVersions", kUpgrade + kSec + "Sec-WebSocket-Version: 8\r\n"},
        BadOffer{"Version8", kUpgrade + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                 OfferStatus::kVersion},
        BadOffer{"NoKey", kUpgrade + "Sec-WebSocket-Version: 13\r\n"},
        BadOffer{"TwoKeys", kUpgrade + kSec + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"},
        BadOffer{"KeyOf17Bytes",
                 kUpgrade + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=\r\n"},
        BadOffer{"KeyNoBase64",
                 kUpgrade + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ_==\r\n"},
        BadOffer{"ProtocolTwice", kUpgrade + kSec + "Sec-WebSocket-Protocol: a, b, a\r\n"},
        BadOffer{"ProtocolNoToken", kUpgrade + kSec + "Sec-WebSocket-Protocol: a b\r\n"},
        BadOffer{"Extensions", kUpgrade + kSec + "Sec-WebSocket-Extensions: a; =\r\n"}),
    [](const auto& tested) { return tested.param.name; });

TEST(Handshake, IsAboutOneProtocol) {
  EXPECT_FALSE(asks_for_websocket(Heads().request("Upgrade: h2c\r\n")));
  EXPECT_FALSE(asks_for_websocket(Heads().request("Upgrade: websocket, h2c\r\n")));
  EXPECT_FALSE(asks_for_websocket(Heads().request("Upgrade: websocket\r\nUpgrade: h2c\r\n")));
  EXPECT_TRUE(asks_for_websocket(Heads().request("Upgrade: WebSocket\r\n")));
}

struct SwitchCase {
  std::string name;
  std::string lines;
  bool ok = false;
};

class Switches : public ::testing::TestWithParam<SwitchCase> {};

TEST_P(Switches, AnswerTheOffer) {
  Heads heads;
  const auto reading = read_offer(heads.request(kUpgrade + kSec +
                                                "Sec-WebSocket-Protocol: chat\r\n"
                                                "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  const auto answer = read_switch(heads.answer(GetParam().lines), reading.offer, kAccept);
  EXPECT_EQ(std::string_view(answer.detail).empty(), GetParam().ok) << answer.detail;
}

const std::string kAccepted = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

INSTANTIATE_TEST_SUITE_P(
    Handshakes, Switches,
    ::testing::Values(SwitchCase{"Plain", kUpgrade + kAccepted, true},
                      SwitchCase{"All",
                                 kUpgrade + kAccepted +
                                     "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
                                 true},
                      SwitchCase{"NoUpgrade", "Connection: Upgrade\r\n" + kAccepted},
                      SwitchCase{"NoConnection", "Upgrade: websocket\r\n" + kAccepted},
                      SwitchCase{"NoAccept", kUpgrade}, SwitchCase{"TwoAccepts", kUpgrade + kAccepted + kAccepted},
                      SwitchCase{"OtherAccept", kUpgrade + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n"},
                      SwitchCase{"OtherProtocol", kUpgrade + kAccepted + "Sec-WebSocket-Protocol: Chat\r\n"},
                      SwitchCase{
                          "TwoProtocols",
                          kUpgrade + kAccepted + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n"},
                      SwitchCase{"OtherExtension", kUpgrade + kAccepted + "Sec-WebSocket-Extensions: x-hole\r\n"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace gabion::proxy::websocket
