// The one place where a verdict or an error becomes an answer.
#pragma once

#include <string_view>

#include "proxy/net/send_queue.h"
#include "proxy/session/reason.h"

namespace gabion::proxy {

/// What the answer may tell. `rule` and `detail` are shown only when the operator set deny.explainToClient.
struct LocalReply {
  Reason reason = Reason::kNone;
  bool refuses_response = false;  ///< the service's answer was refused, not the request: a limit is then 502
  std::string_view request_id = {};
  std::string_view rule = {};
  std::string_view detail = {};
  bool answers_head = false;  ///< the request was HEAD: no body
  bool close = false;         ///< this is the last answer of the connection
};

/// Appends a complete response with the reason's status and a short text/plain body. REQUIRES: the reason has a
/// status, and no byte of another response to this request was queued.
void write_local_reply(SendQueue& out, const LocalReply& reply);

/// The status of that response; 0: the reason has no answer.
[[nodiscard]] std::uint16_t status_of(const LocalReply& reply) noexcept;

}  // namespace gabion::proxy
