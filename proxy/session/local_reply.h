// The one place where a verdict or an error becomes an answer.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/message.h"
#include "proxy/net/send_queue.h"
#include "proxy/protocol/http2/field_block.h"
#include "proxy/session/reason.h"

namespace gabion::proxy {

/// What the answer may tell. `rule` and `detail` are shown only when the operator set deny.explainToClient.
struct LocalReply {
  Reason reason = Reason::kNone;
  bool refuses_response = false;  ///< the service's answer was refused, not the request: a limit is then 502
  std::string_view request_id = {};
  std::string_view rule = {};
  std::string_view detail = {};
  bool answers_head = false;                 ///< the request was HEAD: no body
  bool is_grpc = false;                      ///< the request was a gRPC call: told by grpc-status, with HTTP's 200
  std::chrono::milliseconds retry_after{0};  ///< when to ask again; 0: nothing is said of it
  bool close = false;                        ///< this is the last answer of the connection
};

/// Appends a complete response with the reason's status and a short text/plain body. REQUIRES: the reason has a
/// status, and no byte of another response to this request was queued.
void write_local_reply(SendQueue& out, const LocalReply& reply);

/// The fields of a gRPC call's answer in place of a text, without framing; it has no body. `texts` keep what they view.
struct GrpcTexts {
  std::string message;
  std::string pushback;
};
[[nodiscard]] std::vector<inspect::HeaderField> grpc_fields(const LocalReply& reply, GrpcTexts& texts);

/// The same for HTTP/2: its text, and the fields of an answer with that text as its body. A gRPC call's has none: the
/// head ends the stream.
[[nodiscard]] std::string local_reply_text(const LocalReply& reply);
void list_local_reply(http2::FieldBlock& block, const LocalReply& reply, std::size_t text_bytes);

/// The status of that response; 0: the reason has no answer.
[[nodiscard]] std::uint16_t status_of(const LocalReply& reply) noexcept;

}  // namespace gabion::proxy
