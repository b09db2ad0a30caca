// gRPC bodies cut everywhere: the same messages, the same texts, the same changes.
#include "inspect/grpc/message_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "config/grpc/descriptor_set.h"
#include "inspect/grpc/frame.h"
#include "inspect/grpc/message_coding.h"
#include "tests/support/order_descriptors.h"

namespace gabion::inspect::grpc {
namespace {

std::string framed(std::string_view message, Compressed compressed = Compressed::kNo) {
  std::string frame;
  write_prefix(frame, compressed, message.size());
  return frame.append(message);
}

std::string zipped(std::string_view message, Encoding encoding = Encoding::kGzip) {
  std::string coded;
  EXPECT_TRUE(encode_message(encoding, message, coded));
  return framed(coded, Compressed::kYes);
}

MessageStream::Settings plain_settings() {
  MessageStream::Settings settings;
  settings.message_bytes = 1U << 20U;
  settings.ratio = 100;
  return settings;
}

/// What a body was read as, given in pieces the way the pipeline does it.
struct Outcome {
  std::vector<std::string> events;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view body, std::size_t cut, const MessageStream::Settings& settings) {
  Outcome outcome;
  MessageStream stream;
  stream.begin(settings);
  std::string held;
  EditList edits;
  for (const std::string_view piece : {body.substr(0, cut), body.substr(cut)}) {
    held.append(piece);
    while (true) {
      const auto next = stream.next(held);
      if (next.found == MessageStream::Found::kMore) {
        break;
      }
      if (next.found == MessageStream::Found::kFailed) {
        outcome.events.push_back("failed " + std::string(to_string(stream.failure())));
        return outcome;
      }
      const MessageText text = stream.text(edits);
      std::string event;
      for (const TextField& field : text.fields) {
        event.append(field.name).append("=").append(text.value(field)).append(";");
      }
      outcome.events.push_back(event);
      held.erase(0, next.size);
    }
  }
  if (!held.empty()) {
    outcome.events.push_back("rest " + std::to_string(held.size()));
  }
  return outcome;
}

TEST(MessageStream, ReadsTheSameWhereverTheBodyIsCut) {
  const std::string body = framed("\x0a\x05hello") + framed("") +
                           framed(
                               "\x12\x03"
                               "abc") +
                           framed(
                               "\x0a\x09"
                               "abcdefghi");
  const Outcome whole = read(body, 0, plain_settings());
  EXPECT_EQ(whole.events, (std::vector<std::string>{"1=hello;", "", "2=abc;", "1=abcdefghi;"}));
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    EXPECT_EQ(read(body, cut, plain_settings()), whole) << cut;
  }
}

TEST(MessageStream, DecodesMessageByMessage) {
  for (const Encoding encoding : {Encoding::kGzip, Encoding::kDeflate}) {
    auto settings = plain_settings();
    settings.encoding = encoding;
    const std::string body = zipped("\x0a\x05hello", encoding) + framed(
                                                                     "\x0a\x05"
                                                                     "plain");
    const Outcome whole = read(body, 0, settings);
    EXPECT_EQ(whole.events, (std::vector<std::string>{"1=hello;", "1=plain;"}));
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      EXPECT_EQ(read(body, cut, settings), whole) << cut;
    }
  }
}

TEST(MessageStream, SaysWhatIsWrong) {
  auto gzip = plain_settings();
  gzip.encoding = Encoding::kGzip;
  auto snappy = plain_settings();
  snappy.encoding = Encoding::kUnknown;
  auto small = gzip;
  small.message_bytes = 1000;
  std::string cut_short = zipped("\x0a\x05hello");
  cut_short.pop_back();
  cut_short[4] = static_cast<char>(cut_short[4] - 1);
  struct Case {
    std::string body;
    MessageStream::Settings settings;
    std::string_view failure;
  };
  const Case kCases[] = {{"\x02", plain_settings(), "failed framing"},
                         {std::string("\x00\x00\x00\x10\x01", 5) + "x", small, "failed message-size"},
                         {framed("x", Compressed::kYes), plain_settings(), "failed compressed-without-encoding"},
                         {framed("x", Compressed::kYes), snappy, "failed encoding"},
                         {framed("not gzip", Compressed::kYes), gzip, "failed coding"},
                         {framed("", Compressed::kYes), gzip, "failed coding"},
                         {cut_short, gzip, "failed coding"},
                         {zipped(std::string(5000, 'a')), small, "failed message-size"},
                         {zipped(std::string(9U << 20U, 'a')), gzip, "failed expansion"},
                         {std::string(3, '\0'), plain_settings(), "rest 3"}};
  for (const Case& tested : kCases) {
    for (std::size_t cut = 0; cut <= tested.body.size(); cut += tested.body.size() > 200 ? 97 : 1) {
      EXPECT_EQ(read(tested.body, cut, tested.settings).events, (std::vector{std::string(tested.failure)}));
    }
  }
}

TEST(MessageStream, StopsABombByItsRatio) {
  auto settings = plain_settings();
  settings.encoding = Encoding::kGzip;
  settings.message_bytes = 64U << 20U;
  EXPECT_EQ(read(zipped(std::string(9U << 20U, 'a')), 0, settings).events,
            std::vector<std::string>{"failed expansion"});
}

TEST(MessageStream, LetsWhatItCouldNotJudgePassWhenTold) {
  auto settings = plain_settings();
  settings.message_bytes = 4;
  MessageStream stream;
  stream.begin(settings);
  const std::string large = framed("123456789");
  ASSERT_EQ(stream.next(large.substr(0, 6)).found, MessageStream::Found::kFailed);
  stream.pass_unread();
  EXPECT_EQ(stream.next(large.substr(0, 6)).size, 6U);
  EXPECT_EQ(stream.next(large.substr(6)).size, large.size() - 6);
  EXPECT_EQ(stream.next("").found, MessageStream::Found::kMore);
  EXPECT_EQ(stream.next(framed("")).found, MessageStream::Found::kMessage);
  ASSERT_EQ(stream.next("\x07").found, MessageStream::Found::kFailed);
  stream.pass_unread();
  EXPECT_EQ(stream.next("\x07garbage").found, MessageStream::Found::kUnread);
  EXPECT_EQ(stream.next(std::string("\0\0\0\0\0", 5)).found, MessageStream::Found::kUnread);
}

TEST(MessageStream, WritesAChangedMessageInTheSameEncoding) {
  tests::OrderFile file;
  const auto schema = *config::parse_descriptor_set(file.bytes());
  auto settings = plain_settings();
  settings.encoding = Encoding::kGzip;
  settings.schema = schema.get();
  settings.type = schema->method("/shop.Orders/Place")->request;
  auto order = file.order();
  tests::OrderFile::set_text(tests::OrderFile::sub_message(*order, "parent"), "note", "card 4111111111111111");
  for (const bool compressed : {false, true}) {
    const std::string body = compressed ? zipped(order->SerializeAsString()) : framed(order->SerializeAsString());
    MessageStream stream;
    stream.begin(settings);
    ASSERT_EQ(stream.next(body).size, body.size());
    EditList edits;
    const MessageText text = stream.text(edits);
    ASSERT_EQ(text.fields.size(), 1U);
    EXPECT_EQ(text.fields[0].name, "shop.Order.parent.note");
    std::string frame;
    ASSERT_TRUE(stream.rewrite(edits, frame));
    EXPECT_EQ(frame, "");  // nothing was asked for
    const MessageText again = stream.text(edits);
    ASSERT_TRUE(again.edits->replace(5, 16, "[CREDIT_CARD]"));
    ASSERT_TRUE(stream.rewrite(edits, frame));
    MessageStream second;
    second.begin(settings);
    ASSERT_EQ(second.next(frame).size, frame.size());
    EditList none;
    EXPECT_EQ(second.text(none).text, "card [CREDIT_CARD]\n");
    EXPECT_EQ(frame[0], compressed ? 1 : 0);
  }
}

TEST(FrameTracker, KnowsWhereMessagesEnd) {
  const std::string body = framed("abc") + framed("") + framed("x");
  const std::vector<std::size_t> kEnds = {0, 8, 13, 19};
  FrameTracker tracker;
  for (std::size_t at = 0; at <= body.size(); ++at) {
    EXPECT_EQ(tracker.is_between(), std::find(kEnds.begin(), kEnds.end(), at) != kEnds.end()) << at;
    tracker.feed(body.substr(at, 1));
  }
  EXPECT_EQ(tracker.messages(), 3U);
}

}  // namespace
}  // namespace gabion::inspect::grpc
