// The echo of messages: what it sends back and how it refuses, at every cut.
#include "bench/echo/echo.h"

#include <gtest/gtest.h>

#include "bench/load/websocket_request.h"
#include "proxy/protocol/websocket/frame_encoder.h"

namespace gabion::bench {
namespace {

namespace websocket = proxy::websocket;

constexpr std::string_view kUpgrade =
    "GET /any HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
constexpr std::string_view kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct Said {
  std::string out;
  bool open = true;
};

Said say(std::string bytes, std::size_t size) {
  proxy::BufferPool pool;
  Echo echo(pool);
  Said said;
  for (std::size_t at = 0; at < bytes.size() && said.open; at += size) {
    said.open = echo.feed(std::span<char>(bytes).subspan(at, std::min(size, bytes.size() - at)));
    said.out += echo.out();
    echo.out().clear();
  }
  return said;
}

std::string masked(websocket::Opcode opcode, websocket::Part part, std::string payload) {
  const websocket::MaskKey mask{1, 2, 3, 4};
  const websocket::FrameHead head(opcode, part, websocket::Compression::kNone, payload.size(), mask);
  websocket::apply_mask(payload, mask, 0);
  return std::string(head.view()) + payload;
}

TEST(EchoTest, SendsBackWhatItGotHoweverItIsCut) {
  using websocket::Opcode;
  using websocket::Part;
  const std::string asked = std::string(kUpgrade) + websocket_frame("hello") + websocket_frame("\xFF") +
                            masked(Opcode::kText, Part::kMiddle, "in ") + masked(Opcode::kPing, Part::kLast, "?") +
                            masked(Opcode::kContinuation, Part::kLast, "two") +
                            masked(Opcode::kClose, Part::kLast, "\x03\xE8") + "and more";
  const std::string answered =
      std::string(kSwitch) + "\x81\x05hello" + "\x82\x01\xFF" + "\x8A\x01?" + "\x81\x06in two" + "\x88\x02\x03\xE8";
  for (std::size_t size = 1; size <= asked.size(); ++size) {
    const auto said = say(asked, size);
    EXPECT_EQ(said.out, answered) << "in pieces of " << size;
    EXPECT_FALSE(said.open);
  }
}

TEST(EchoTest, LongMessagesComeBackInOneFrame) {
  const std::string text(100'000, 'x');
  const auto said = say(std::string(kUpgrade) + websocket_frame(text), 4096);
  EXPECT_TRUE(said.open);
  EXPECT_EQ(said.out, std::string(kSwitch) + std::string("\x81\x7F\0\0\0\0\0\1\x86\xA0", 10) + text);
}

TEST(EchoTest, WhoDoesNotAskForAWebSocketIsRefused) {
  const auto plain = say("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 3);
  EXPECT_FALSE(plain.open);
  EXPECT_TRUE(plain.out.starts_with("HTTP/1.1 426 ")) << plain.out;
  const auto keyless = say("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 3);
  EXPECT_FALSE(keyless.open);
  EXPECT_TRUE(keyless.out.starts_with("HTTP/1.1 400 ")) << keyless.out;
  EXPECT_FALSE(say("\x16\x03\x01 something else\r\n\r\n", 100).open);
}

TEST(EchoTest, FramesThatMayNotBeCloseTheConnectionWithTheirCode) {
  const auto unmasked = say(std::string(kUpgrade) + "\x81\x01x", 1000);
  EXPECT_FALSE(unmasked.open);
  EXPECT_EQ(unmasked.out, std::string(kSwitch) + "\x88\x02\x03\xEA");  // 1002
  const auto large = say(std::string(kUpgrade) + std::string("\x82\xFF\0\0\0\0\1\0\0\1abcd", 14), 1000);
  EXPECT_FALSE(large.open);
  EXPECT_EQ(large.out, std::string(kSwitch) + "\x88\x02\x03\xF1");  // 1009
}

}  // namespace
}  // namespace gabion::bench
