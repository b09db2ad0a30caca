// The one place where a verdict or an error becomes an answer: see local_reply.h.
#include "proxy/session/local_reply.h"

#include <string>

#include "proxy/protocol/http1/encoder.h"

namespace gabion::proxy {

std::uint16_t status_of(const LocalReply& reply) noexcept {
  const bool is_limit = reply.reason >= Reason::kHoldLimit && reply.reason <= Reason::kDecodedRatio;
  return reply.refuses_response && is_limit ? 502 : traits(reply.reason).status;
}

void write_local_reply(SendQueue& out, const LocalReply& reply) {
  const ReasonTraits& reason = traits(reply.reason);
  const std::uint16_t status = status_of(reply);
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
  out.append("HTTP/1.1 ");
  out.append(http1::Decimal(status).view());
  out.append(" ");
  out.append(http1::reason_phrase(status));
  out.append("\r\ncontent-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n");
  http1::write_field(out, "content-length", http1::Decimal(body.size()).view());
  if (!reply.request_id.empty()) {
    http1::write_field(out, "x-request-id", reply.request_id);
  }
  if (status == 405) {
    http1::write_field(out, "allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, TRACE");
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
