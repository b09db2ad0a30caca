// What an exchange holds of its worker's memory, and how it ends when that runs out. See exchange.h.
#include <algorithm>
#include <string>

#include "inspect/heap_bytes.h"
#include "proxy/session/exchange.h"
#include "proxy/session/websocket_tunnel.h"
#include "proxy/session/websocket_upgrade.h"

namespace gabion::proxy {

bool Exchange::is_over_memory() const noexcept {
  return worker_.buffers.in_use_bytes() > down_.snapshot->config.limits.in_flight_bytes;
}

void Exchange::charge_heads() noexcept {
  heads_.set(down_.half.head_bytes() + inspect::heap_bytes(judged_fields_) + wire_block_.kept_bytes() +
             inspect::heap_bytes(wire_fields_) + (upstream_ != nullptr ? upstream_->head_bytes() : 0));
}

std::uint64_t Exchange::held_bytes() const noexcept {
  std::uint64_t bytes = to_upstream_.capacity() + held_request_.capacity() + held_response_.capacity() +
                        heads_.bytes() + inspected_.bytes();
  for (const auto& body : coded_) {
    bytes += body != nullptr ? body->held_bytes() : 0;
  }
  bytes += upstream_ != nullptr ? upstream_->held_bytes() : 0;
  bytes += websocket_ != nullptr ? websocket_->held_bytes() : 0;
  return bytes;
}

Exchange::TimePoint Exchange::moved_at() const noexcept {
  return websocket_ != nullptr ? websocket_->moved_at() : std::max(last_request_progress_, last_response_progress_);
}

bool Exchange::end_for_memory(std::uint64_t held_bytes) {
  const bool is_first = !ended_by_us() && ending_ == Ending::kNone && (websocket_ == nullptr || websocket_->is_open());
  if (is_first) {
    upstream_failure_ = "held " + std::to_string(held_bytes) + " bytes";
  }
  abort(Reason::kOverloadEnded, upstream_failure_);
  return is_first;
}

}  // namespace gabion::proxy
