// How long an exchange may wait, and for whom: see exchange.h.
#include <algorithm>

#include "proxy/session/exchange.h"

namespace gabion::proxy {

/// Whether bytes of the request would be taken if they came now.
bool Exchange::listens_to_client() noexcept {
  return request_phase_ != RequestPhase::kDone && response_phase_ != ResponsePhase::kDone && !ended_by_us() &&
         ending_ == Ending::kNone && (request_phase_ == RequestPhase::kHeld || !to_upstream_.is_full());
}

/// Called when nothing more can be done now: whoever is waited for from here on is charged with the time.
void Exchange::note_pace() noexcept {
  const auto rate = down_.snapshot->config.limits.body_bytes_per_second;
  if (rate == 0) {
    return;
  }
  const auto now = worker_.loop.now();
  // A client that was told to wait for 100 is not the one who is slow.
  const bool asked = has_head() && !(down_.decoder.head().expects_continue && request_bytes_ == 0);
  if (asked && listens_to_client()) {
    request_pace_.waiting(now, request_bytes_, rate);
  } else {
    request_pace_.resting(now, request_bytes_, rate);
  }
  if (!down_.out.empty() && response_phase_ != ResponsePhase::kHeld) {
    response_pace_.waiting(now, arrived(), rate);
  } else {
    response_pace_.resting(now, arrived_, rate);
  }
}

/// What the client's side has confirmed, not what our kernel took: it takes megabytes at once and then nothing until a
/// third of them is gone, whatever the client reads meanwhile.
std::uint64_t Exchange::arrived() noexcept {
  const auto sent = down_.out.total_sent();
  arrived_ = std::max(arrived_, sent - std::min(sent, down_.transport->socket().unconfirmed()));
  return arrived_;
}

Exchange::Deadline Exchange::renewed_deadline() noexcept {
  note_pace();
  return deadline();
}

Exchange::Deadline Exchange::deadline() const noexcept {
  Deadline deadline = step_deadline();
  if (const auto at = request_pace_.deadline(); at && *at < deadline.at) {
    deadline = {*at, Reason::kRequestTooSlow};
  }
  if (const auto at = response_pace_.deadline(); at && *at < deadline.at) {
    deadline = {*at, Reason::kReaderTooSlow};
  }
  const auto total = down_.snapshot->config.timeouts.total;
  if (total.count() != 0 && start_ + total < deadline.at) {
    deadline = {start_ + total, Reason::kTotalTimeout};
  }
  return deadline;
}

/// Of what is waited for now, each step by itself.
Exchange::Deadline Exchange::step_deadline() const noexcept {
  const auto& timeouts = down_.snapshot->config.timeouts;
  Deadline deadline;
  if (response_phase_ == ResponsePhase::kDone) {
    deadline = {last_response_progress_ + timeouts.response_body, Reason::kResponseBodyTimeout};
  } else if (phase_ == UpstreamPhase::kWaitingForPlace) {
    deadline = {phase_since_ + timeouts.connection_wait, Reason::kUpstreamOverflow};
  } else if (phase_ == UpstreamPhase::kConnecting) {
    deadline = {phase_since_ + timeouts.connect, Reason::kUpstreamConnectTimeout};
  } else if (request_phase_ != RequestPhase::kDone && (to_upstream_.empty() || request_phase_ == RequestPhase::kHeld)) {
    deadline = {last_request_progress_ + timeouts.request_body, Reason::kRequestBodyTimeout};
  } else if (!response_begun()) {
    deadline = {std::max(request_sent_at_, last_request_progress_) + timeouts.response_header,
                Reason::kResponseHeaderTimeout};
  } else {
    deadline = {last_response_progress_ + timeouts.response_body, Reason::kResponseBodyTimeout};
  }
  return deadline;
}

}  // namespace gabion::proxy
