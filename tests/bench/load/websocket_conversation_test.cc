// One connection of the WebSocket load against scripted bytes: upgrade, echo, ping, and what is no echo, at every cut.
#include "bench/load/websocket_conversation.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "bench/load/websocket_request.h"
#include "proxy/protocol/websocket/frame_encoder.h"
#include "proxy/session/websocket_upgrade.h"

namespace gabion::bench {
namespace {

namespace websocket = proxy::websocket;
using Outcome = Conversation::Outcome;

std::string frame(websocket::Opcode opcode, std::string_view payload, websocket::Part part = websocket::Part::kLast) {
  const websocket::FrameHead head(opcode, part, websocket::Compression::kNone, payload.size(), {});
  return std::string(head.view()).append(payload);
}

Request message(std::string text) {
  Request request;
  request.bytes = websocket_frame(text);
  request.is_text = is_websocket_text(text);
  request.body = std::move(text);
  return request;
}

/// A conversation whose upgrade is sent.
class Talk {
 public:
  Talk() : said_(websocket_upgrade({}, "host:80")), talk_(said_, pool_) {
    talk_.reset();
    const auto asked = take_sent();
    key_ = asked.substr(said_.size(), 24);
    EXPECT_EQ(asked, said_ + key_ + "\r\n\r\n");
  }

  [[nodiscard]] Conversation& operator*() noexcept { return talk_; }
  [[nodiscard]] Conversation* operator->() noexcept { return &talk_; }
  [[nodiscard]] const std::string& key() const noexcept { return key_; }
  [[nodiscard]] std::string accept() const {
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           proxy::websocket_accept(key_) + "\r\n\r\n";
  }
  /// All that is to be sent now.
  std::string take_sent() {
    std::string all;
    for (auto piece = talk_.unsent(); !piece.empty(); piece = talk_.unsent()) {
      all.append(piece);
      talk_.sent(piece.size());
    }
    return all;
  }
  /// In pieces of `size`; the first outcome that is not kMore.
  Outcome feed(std::string bytes, std::size_t size) {
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      const auto piece = std::span<char>(bytes).subspan(at, std::min(size, bytes.size() - at));
      if (const auto outcome = talk_.feed(piece); outcome != Outcome::kMore) {
        return outcome;
      }
    }
    return Outcome::kMore;
  }

 private:
  proxy::BufferPool pool_;
  std::string said_;
  std::string key_;
  WebSocketConversation talk_;
};

struct Case {
  const char* name;
  std::string bytes;
  Outcome outcome;
};

TEST(WebSocketConversationTest, AnEchoIsOneHoweverItIsCut) {
  using websocket::Opcode;
  using websocket::Part;
  for (const auto& [name, bytes, outcome] : {
           Case{"Whole", frame(Opcode::kText, "hello"), Outcome::kDone},
           Case{"Fragments",
                frame(Opcode::kText, "he", Part::kMiddle) + frame(Opcode::kPing, "?") +
                    frame(Opcode::kContinuation, "llo"),
                Outcome::kDone},
           Case{"Pong", frame(Opcode::kPong, "") + frame(Opcode::kText, "hello"), Outcome::kDone},
           Case{"Other", frame(Opcode::kText, "hallo"), Outcome::kMalformed},
           Case{"Shorter", frame(Opcode::kText, "hell"), Outcome::kMalformed},
           Case{"Longer", frame(Opcode::kText, "hello!"), Outcome::kMalformed},
           Case{"Binary", frame(Opcode::kBinary, "hello"), Outcome::kMalformed},
           Case{"Half", frame(Opcode::kText, "hel", Part::kMiddle), Outcome::kMore},
           Case{"Masked", websocket_frame("hello"), Outcome::kMalformed},
           Case{"Closed", frame(Opcode::kClose, ""), Outcome::kNothing},
           Case{"ClosedWithin", frame(Opcode::kText, "h", Part::kMiddle) + frame(Opcode::kClose, ""),
                Outcome::kMalformed},
       }) {
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
      Talk talk;
      const Request request = message("hello");
      ASSERT_EQ(talk.feed(talk.accept(), 7), Outcome::kMore);
      talk->ask(request);
      EXPECT_EQ(talk.take_sent(), request.bytes);
      EXPECT_TRUE(talk->is_request_sent());
      EXPECT_EQ(talk.feed(bytes, size), outcome) << name << " in pieces of " << size;
      if (outcome == Outcome::kDone) {
        EXPECT_EQ(talk->status(), 101) << name;
        EXPECT_TRUE(talk->is_reusable()) << name;
      }
    }
  }
}

TEST(WebSocketConversationTest, AMessageWaitsForTheUpgrade) {
  Talk talk;
  const Request request = message("hello");
  talk->ask(request);
  EXPECT_EQ(talk.take_sent(), "");
  ASSERT_EQ(talk.feed(talk.accept(), 1), Outcome::kMore);
  EXPECT_EQ(talk.take_sent(), request.bytes);
  EXPECT_EQ(talk.feed(frame(websocket::Opcode::kText, "hello"), 100), Outcome::kDone);
}

TEST(WebSocketConversationTest, MessageAfterMessageOnOneConnection) {
  Talk talk;
  ASSERT_EQ(talk.feed(talk.accept(), 100), Outcome::kMore);
  for (const auto& text : {std::string("one"), std::string(), std::string(70'000, 'x')}) {
    const Request request = message(text);
    talk->ask(request);
    EXPECT_EQ(talk.take_sent(), request.bytes);
    EXPECT_EQ(talk.feed(frame(websocket::Opcode::kText, text), 4096), Outcome::kDone);
  }
}

TEST(WebSocketConversationTest, PingsAreAnsweredButNeverWithinAMessage) {
  Talk talk;
  ASSERT_EQ(talk.feed(talk.accept(), 100), Outcome::kMore);
  EXPECT_EQ(talk.feed(frame(websocket::Opcode::kPing, "a"), 100), Outcome::kMore);
  const std::string pong("\x8A\x81\0\0\0\0", 6);
  EXPECT_EQ(talk.take_sent(), pong + "a");
  const Request request = message("hello");
  talk->ask(request);
  talk->sent(3);
  EXPECT_EQ(talk.feed(frame(websocket::Opcode::kPing, "b"), 100), Outcome::kMore);
  EXPECT_EQ(talk.take_sent(), request.bytes.substr(3) + pong + "b");
}

TEST(WebSocketConversationTest, PingsNobodyTakesTheAnswersOfAreBounded) {
  Talk talk;
  ASSERT_EQ(talk.feed(talk.accept(), 100), Outcome::kMore);
  Outcome outcome = Outcome::kMore;
  for (int i = 0; i < 10'000 && outcome == Outcome::kMore; ++i) {
    outcome = talk.feed(frame(websocket::Opcode::kPing, std::string(125, 'p')), 1000);
  }
  EXPECT_EQ(outcome, Outcome::kMalformed);
}

TEST(WebSocketConversationTest, ARefusalAnswersTheMessageThatWaits) {
  Talk talk;
  const Request request = message("hello");
  talk->ask(request);
  ASSERT_EQ(talk.feed("HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!", 5), Outcome::kDone);
  EXPECT_EQ(talk->status(), 403);
  EXPECT_FALSE(talk->is_reusable());
  Talk idle;
  EXPECT_EQ(idle.feed("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 5), Outcome::kMalformed);
}

TEST(WebSocketConversationTest, WhatAnswersAnotherKeyIsNoUpgrade) {
  Talk first;
  Talk second;
  EXPECT_NE(first.key(), second.key());
  EXPECT_EQ(first.feed(second.accept(), 100), Outcome::kMalformed);
  Talk talk;
  EXPECT_EQ(talk.feed("HTTP/1.1 101 Switching Protocols\r\n\r\n", 100), Outcome::kMalformed);
}

TEST(WebSocketConversationTest, AnEndIsToldByWhatCameBefore) {
  const Request request = message("hello");
  Talk before;
  before->ask(request);
  EXPECT_EQ(before->feed_end(), Outcome::kNothing);
  Talk head;
  EXPECT_EQ(head.feed("HTTP/1.1 101", 100), Outcome::kMore);
  EXPECT_EQ(head->feed_end(), Outcome::kMalformed);
  Talk open;
  ASSERT_EQ(open.feed(open.accept(), 100), Outcome::kMore);
  open->ask(request);
  EXPECT_EQ(open->feed_end(), Outcome::kNothing);
  Talk within;
  ASSERT_EQ(within.feed(within.accept(), 100), Outcome::kMore);
  within->ask(request);
  ASSERT_EQ(within.feed(frame(websocket::Opcode::kText, "h", websocket::Part::kMiddle), 100), Outcome::kMore);
  EXPECT_EQ(within->feed_end(), Outcome::kMalformed);
}

TEST(WebSocketConversationTest, NobodyAskedForAMessage) {
  Talk talk;
  ASSERT_EQ(talk.feed(talk.accept(), 100), Outcome::kMore);
  EXPECT_EQ(talk.feed(frame(websocket::Opcode::kText, "news"), 100), Outcome::kMalformed);
}

TEST(WebSocketConversationTest, AMessageThatIsNoTextIsBinary) {
  EXPECT_TRUE(is_websocket_text("gr\xC3\xBC\xC3\x9F"));
  EXPECT_FALSE(is_websocket_text("\xC3"));
  EXPECT_EQ(websocket_frame("\xFF").front(), '\x82');
  EXPECT_EQ(websocket_frame("a").front(), '\x81');
}

}  // namespace
}  // namespace gabion::bench
