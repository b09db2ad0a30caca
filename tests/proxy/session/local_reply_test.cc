// The proxy's own answers: complete, framed, and silent about what the operator keeps to himself.
#include "proxy/session/local_reply.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/protocol/http1/decoder.h"
#include "tests/proxy/session/collector.h"

namespace gabion::proxy {
namespace {

using Event = http1::Decoder::Event;

std::string written(const LocalReply& reply) {
  BufferPool pool;
  SendQueue queue(pool, 1 << 16);
  write_local_reply(queue, reply);
  Collector collector;
  EXPECT_EQ(queue.flush(collector), SendQueue::Flush::kDrained);
  return collector.text;
}

std::string body_of(const std::string& text) {
  return text.substr(text.find("\r\n\r\n") + 4);
}

/// Reads `text` as a client would; the whole of it must be one message.
void expect_one_message(std::string text, std::uint16_t status, bool answers_head) {
  http1::Decoder decoder(http1::Role::kResponse, {});
  decoder.expect_answer_to_head(answers_head);
  std::span<char> rest(text.data(), text.size());
  auto step = decoder.next(rest);
  ASSERT_EQ(step.event, Event::kHead) << text;
  EXPECT_EQ(decoder.head().status, status);
  EXPECT_TRUE(decoder.head().has_content_length);
  for (int i = 0; i < 3 && step.event != Event::kEnd; ++i) {
    rest = rest.subspan(step.consumed);
    step = decoder.next(rest);
    ASSERT_NE(step.event, Event::kError);
  }
  EXPECT_EQ(step.event, Event::kEnd);
  EXPECT_EQ(rest.size(), step.consumed);
}

TEST(LocalReplyTest, IsOneCompleteMessageForEveryReasonWithAStatus) {
  int with_status = 0;
  for (int i = 1; i < static_cast<int>(Reason::kCount); ++i) {
    const auto reason = static_cast<Reason>(i);
    if (traits(reason).status == 0) {
      continue;
    }
    ++with_status;
    expect_one_message(written({.reason = reason, .request_id = "id-1"}), traits(reason).status, false);
    const auto to_head = written({.reason = reason, .request_id = "id-1", .answers_head = true});
    EXPECT_EQ(body_of(to_head), "");
    expect_one_message(to_head, traits(reason).status, true);
  }
  EXPECT_GT(with_status, 20);
}

TEST(LocalReplyTest, TellsReasonAndRequestIdOnly) {
  const auto text = written({.reason = Reason::kPolicyDenied, .request_id = "id-1"});
  EXPECT_NE(text.find("HTTP/1.1 403 Forbidden\r\n"), std::string::npos);
  EXPECT_NE(text.find("x-request-id: id-1\r\n"), std::string::npos);
  EXPECT_NE(body_of(text).find("(policy_denied)"), std::string::npos);
  EXPECT_NE(body_of(text).find("request id: id-1"), std::string::npos);
  EXPECT_EQ(text.find("rule:"), std::string::npos);
  EXPECT_EQ(text.find("connection:"), std::string::npos);
}

TEST(LocalReplyTest, ExplainsWhenItIsGivenTheRule) {
  const auto body =
      body_of(written({.reason = Reason::kPolicyDenied, .rule = "ns[a]-policy[b]-rule[0]", .detail = "no match"}));
  EXPECT_NE(body.find("rule: ns[a]-policy[b]-rule[0]\n"), std::string::npos);
  EXPECT_NE(body.find("no match\n"), std::string::npos);
}

TEST(LocalReplyTest, SaysWhenItIsTheLastOfItsConnection) {
  EXPECT_NE(written({.reason = Reason::kMalformedRequest, .close = true}).find("connection: close\r\n"),
            std::string::npos);
}

TEST(LocalReplyTest, NamesTheMethodsWhereOneIsRefused) {
  EXPECT_NE(written({.reason = Reason::kConnectRefused}).find("\r\nallow: GET"), std::string::npos);
}

TEST(LocalReplyTest, SaysWhenToAskAgain) {
  using std::chrono::milliseconds;
  const auto text = written({.reason = Reason::kOverload, .retry_after = milliseconds(1'500)});
  EXPECT_NE(text.find("HTTP/1.1 503 Service Unavailable\r\n"), std::string::npos);
  EXPECT_NE(text.find("retry-after: 2\r\n"), std::string::npos) << text;
  EXPECT_EQ(written({.reason = Reason::kOverload}).find("retry-after"), std::string::npos);
  const auto call = written({.reason = Reason::kOverload, .is_grpc = true, .retry_after = milliseconds(1'500)});
  EXPECT_NE(call.find("grpc-status: 14\r\n"), std::string::npos);
  EXPECT_NE(call.find("grpc-retry-pushback-ms: 1500\r\n"), std::string::npos) << call;
  EXPECT_EQ(call.find("retry-after"), std::string::npos);
}

}  // namespace
}  // namespace gabion::proxy
