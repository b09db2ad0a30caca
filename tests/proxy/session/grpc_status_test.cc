// What gRPC clients are told, reason by reason.
#include "proxy/session/grpc_status.h"

#include <gtest/gtest.h>

#include "proxy/session/local_reply.h"
#include "tests/proxy/session/collector.h"

namespace gabion::proxy {
namespace {

TEST(GrpcStatus, EveryReasonWithAnAnswerHasAStatus) {
  for (int i = 1; i < static_cast<int>(Reason::kCount); ++i) {
    const auto reason = static_cast<Reason>(i);
    if (traits(reason).status != 0) {
      EXPECT_TRUE(grpc_status(reason).has_value()) << traits(reason).code;
    }
  }
}

TEST(GrpcStatus, FollowsTheTable) {
  const std::pair<Reason, int> kCases[] = {
      {Reason::kPolicyDenied, 7},           {Reason::kAttackDetected, 7},  {Reason::kSensitiveData, 7},
      {Reason::kPolicyChanged, 7},          {Reason::kNoIdentity, 16},     {Reason::kIdentityExpired, 16},
      {Reason::kMalformedRequest, 13},      {Reason::kBadMessage, 13},     {Reason::kBadCoding, 13},
      {Reason::kMessageLimit, 8},           {Reason::kBodyTooLarge, 8},    {Reason::kScanLimit, 8},
      {Reason::kDeadlineExceeded, 4},       {Reason::kTotalTimeout, 4},    {Reason::kResponseHeaderTimeout, 4},
      {Reason::kUpstreamConnectFailed, 14}, {Reason::kOverload, 14},       {Reason::kOverloadEnded, 14},
      {Reason::kUpstreamTruncated, 14},     {Reason::kNotInspectable, 12}, {Reason::kNoRoute, 12}};
  for (const auto& [reason, status] : kCases) {
    EXPECT_EQ(grpc_status(reason).value_or(99), status) << traits(reason).code;
    EXPECT_EQ(grpc_status_text(reason), std::to_string(status));
  }
  EXPECT_EQ(grpc_status(Reason::kClientClosed), std::nullopt);
  EXPECT_EQ(grpc_status(Reason::kReaderTooSlow), std::nullopt);
}

TEST(GrpcStatus, MessagesAreHeaderValues) {
  EXPECT_EQ(grpc_message(Reason::kPolicyDenied, "", ""), "access denied by policy (policy_denied)");
  EXPECT_EQ(grpc_message(Reason::kPolicyDenied, "shop/a/ingress[0]", "100% \xc3\xa9\n"),
            "access denied by policy (policy_denied); rule: shop/a/ingress[0]; 100%25 %C3%A9%0A");
}

TEST(LocalReplyToACall, IsOneHeadWithHttps200) {
  BufferPool pool;
  SendQueue queue(pool, 1 << 16);
  const LocalReply reply{.reason = Reason::kNoIdentity, .request_id = "id-1", .is_grpc = true, .close = true};
  EXPECT_EQ(status_of(reply), 200);
  write_local_reply(queue, reply);
  Collector collector;
  EXPECT_EQ(queue.flush(collector), SendQueue::Flush::kDrained);
  EXPECT_EQ(collector.text,
            "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: 16\r\ngrpc-message: access denied: a "
            "verified identity is required (no_identity)\r\nx-request-id: id-1\r\ncontent-length: 0\r\nconnection: "
            "close\r\n\r\n");
}

}  // namespace
}  // namespace gabion::proxy
