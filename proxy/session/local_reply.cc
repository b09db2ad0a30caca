// The one place where a verdict or an error becomes an answer: see local_reply.h.
#include "proxy/session/local_reply.h"

#include <string>

#include "proxy/protocol/http1/encoder.h"
#include "proxy/session/grpc_status.h"

namespace gabion::proxy {

std::uint16_t status_of(const LocalReply& reply) noexcept {
  const bool is_limit = reply.reason >= Reason::kHoldLimit && reply.reason <= Reason::kMessageLimit;
  if (reply.is_grpc && traits(reply.reason).status != 0) {
    return 200;
  }
  return reply.refuses_response && is_limit ? 502 : traits(reply.reason).status;
}

namespace {

constexpr std::string_view kContentType = "text/plain; charset=utf-8";
constexpr std::string_view kMethodsAllowed = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, TRACE";

/// RFC 9110 §10.2.3: whole seconds, never sooner than meant.
std::uint64_t retry_after_seconds(const LocalReply& reply) noexcept {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(reply.retry_after).count());
}

}  // namespace

std::vector<inspect::HeaderField> grpc_fields(const LocalReply& reply, GrpcTexts& texts) {
  texts.message = grpc_message(reply.reason, reply.rule, reply.detail);
  std::vector<inspect::HeaderField> fields = {{"content-type", "application/grpc"},
                                              {"grpc-status", grpc_status_text(reply.reason)},
                                              {"grpc-message", texts.message}};
  if (reply.retry_after.count() != 0) {  // gRFC A6: how long the client waits before it tries again
    texts.pushback = std::to_string(reply.retry_after.count());
    fields.push_back({"grpc-retry-pushback-ms", texts.pushback});
  }
  if (!reply.request_id.empty()) {
    fields.push_back({"x-request-id", reply.request_id});
  }
  return fields;
}

namespace {

void write_grpc_reply(SendQueue& out, const LocalReply& reply) {
  GrpcTexts texts;
  out.append("HTTP/1.1 200 OK\r\n");
  for (const auto& field : grpc_fields(reply, texts)) {
    http1::write_field(out, field.name, field.value);
  }
  http1::write_field(out, "content-length", "0");
  if (reply.close) {
    http1::write_field(out, "connection", "close");
  }
  out.append("\r\n");
}

}  // namespace

std::string local_reply_text(const LocalReply& reply) {
  if (reply.is_grpc) {
    return {};
  }
  const ReasonTraits& reason = traits(reply.reason);
  std::string body;
  body.append(reason.text).append(" (").append(reason.code).append(")\n");
  if (!reply.rule.empty()) {
    body.append("rule: ").append(reply.rule).append("\n");
  }
  if (!reply.detail.empty()) {
    body.append(reply.detail).append("\n");
  }
  if (!reply.request_id.empty()) {
    body.append("request id: ").append(reply.request_id).append("\n");
  }
  return body;
}

void list_local_reply(http2::FieldBlock& block, const LocalReply& reply, std::size_t text_bytes) {
  if (reply.is_grpc) {
    GrpcTexts texts;
    block.append(":status", "200");
    for (const auto& field : grpc_fields(reply, texts)) {
      block.append(field.name, field.value);
    }
    return;
  }
  const std::uint16_t status = status_of(reply);
  block.append(":status", http1::Decimal(status).view());
  block.append("content-type", kContentType);
  block.append("cache-control", "no-store");
  block.append("content-length", http1::Decimal(text_bytes).view());
  if (!reply.request_id.empty()) {
    block.append("x-request-id", reply.request_id);
  }
  if (status == 405) {
    block.append("allow", kMethodsAllowed);
  }
  if (reply.retry_after.count() != 0) {
    block.append("retry-after", http1::Decimal(retry_after_seconds(reply)).view());
  }
  if (reply.reason == Reason::kWebSocketVersion) {
    block.append("sec-websocket-version", "13");
  }
}

void write_local_reply(SendQueue& out, const LocalReply& reply) {
  if (reply.is_grpc) {
    write_grpc_reply(out, reply);
    return;
  }
  const std::uint16_t status = status_of(reply);
  const std::string body = local_reply_text(reply);
  out.append("HTTP/1.1 ");
  out.append(http1::Decimal(status).view());
  out.append(" ");
  out.append(http1::reason_phrase(status));
  out.append("\r\n");
  http1::write_field(out, "content-type", kContentType);
  http1::write_field(out, "cache-control", "no-store");
  http1::write_field(out, "content-length", http1::Decimal(body.size()).view());
  if (!reply.request_id.empty()) {
    http1::write_field(out, "x-request-id", reply.request_id);
  }
  if (status == 405) {
    http1::write_field(out, "allow", kMethodsAllowed);
  }
  if (reply.retry_after.count() != 0) {
    http1::write_field(out, "retry-after", http1::Decimal(retry_after_seconds(reply)).view());
  }
  if (reply.reason == Reason::kWebSocketVersion) {
    http1::write_field(out, "sec-websocket-version", "13");
  }
  if (reply.close) {
    http1::write_field(out, "connection", "close");
  }
  out.append("\r\n");
  if (!reply.answers_head) {
    out.append(body);
  }
}

}  // namespace gabion::proxy
