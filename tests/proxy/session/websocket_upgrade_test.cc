// The handshake's arithmetic, and the fields of an upgrade on its way to the service.
#include "proxy/session/websocket_upgrade.h"

#include <gtest/gtest.h>

namespace gabion::proxy {
namespace {

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
  websocket::Offer offer;
  offer.key = "dGhlIHNhbXBsZSBub25jZQ==";
  std::vector<inspect::HeaderField> fields{{"Sec-WebSocket-Extensions", "x-hole, permessage-deflate"}, {"a", "b"}};
  auto bare = fields;
  WebSocketUpgrade(offer).amend(bare);
  EXPECT_EQ(joined(bare), "a: b|connection: Upgrade|upgrade: websocket|");
  offer.deflate.emplace_back();
  const WebSocketUpgrade upgrade(offer);
  upgrade.amend(fields);
  EXPECT_EQ(joined(fields),
            "a: b|connection: Upgrade|upgrade: websocket|sec-websocket-extensions: permessage-deflate|");
}

}  // namespace
}  // namespace gabion::proxy
