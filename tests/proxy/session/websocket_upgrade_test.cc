// The handshake's arithmetic, and the fields of an upgrade on its way to the service.
#include "proxy/session/websocket_upgrade.h"

#include <gtest/gtest.h>

namespace gabion::proxy {
namespace {

class Counting final : public RandomSource {
 public:
  void fill(std::span<std::uint8_t> bytes) noexcept override {
    for (std::uint8_t& byte : bytes) {
      byte = next_++;
    }
  }

 private:
  std::uint8_t next_ = 0;
};

TEST(WebSocketUpgrade, AnswersTheKeyOfTheRfc) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

std::string joined(const std::vector<inspect::HeaderField>& fields) {
  std::string text;
  for (const auto& field : fields) {
    text.append(field.name).append(": ").append(field.value).append("|");
  }
  return text;
}

TEST(WebSocketUpgrade, OffersOnOnlyWhatIsUnderstood) {
  Counting random;
  websocket::Offer offer;
  offer.key = "dGhlIHNhbXBsZSBub25jZQ==";
  std::vector<inspect::HeaderField> fields{{"Sec-WebSocket-Extensions", "x-hole, permessage-deflate"}, {"a", "b"}};
  auto bare = fields;
  WebSocketUpgrade(offer, random).amend(bare);
  EXPECT_EQ(joined(bare), "a: b|connection: Upgrade|upgrade: websocket|");
  offer.deflate.emplace_back();
  const WebSocketUpgrade upgrade(offer, random);
  upgrade.amend(fields);
  EXPECT_EQ(joined(fields),
            "a: b|connection: Upgrade|upgrade: websocket|sec-websocket-extensions: permessage-deflate|");
}

/// RFC 8441 §5: the client has no key, and one that it sends all the same is not its to choose.
TEST(WebSocketUpgrade, MakesTheKeyOfAnExtendedConnect) {
  Counting random;
  const WebSocketUpgrade first(websocket::Offer{}, random);
  const WebSocketUpgrade second(websocket::Offer{}, random);
  EXPECT_EQ(first.own_key, "AAECAwQFBgcICQoLDA0ODw==");
  EXPECT_NE(first.own_key, second.own_key);
  EXPECT_EQ(first.accept, websocket_accept(first.own_key));
  std::vector<inspect::HeaderField> fields{{"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"a", "b"}};
  first.amend(fields);
  EXPECT_EQ(joined(fields), "a: b|connection: Upgrade|upgrade: websocket|sec-websocket-key: AAECAwQFBgcICQoLDA0ODw==|");
}

}  // namespace
}  // namespace gabion::proxy
