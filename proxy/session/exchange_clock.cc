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
  // Between two messages of a call nobody is.
  const bool asked = has_head() && !(down_.head().expects_continue && request_bytes_ == 0) &&
                     !(is_grpc_ && held_request_.empty() && request_frames_.is_between());
  if (asked && listens_to_client()) {
    request_pace_.waiting(now, request_bytes_, rate);
  } else {
    request_pace_.resting(now, request_bytes_, rate);
  }
  if (down_.half.has_unsent() && response_phase_ != ResponsePhase::kHeld) {
    response_pace_.waiting(now, response_pace_.is_short(now) ? arrived() : arrived_, rate);
  } else {
    response_pace_.resting(now, arrived_, rate);
  }
}

/// What the client's side has confirmed, not what our kernel took: it takes megabytes at once and then nothing until a
/// third of them is gone, whatever the client reads meanwhile.
std::uint64_t Exchange::arrived() noexcept {
  const auto sent = down_.half.total_sent();
  arrived_ = std::max(arrived_, sent - std::min(sent, down_.half.unconfirmed()));
  return arrived_;
}

Exchange::Deadline Exchange::renewed_deadline() noexcept {
  note_pace();
  return deadline();
}

Exchange::Deadline Exchange::deadline() const noexcept {
  if (websocket_ != nullptr) {
    return websocket_deadline();
  }
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
  if (call_deadline_ && *call_deadline_ < deadline.at && response_phase_ != ResponsePhase::kDone) {
    deadline = {*call_deadline_, Reason::kDeadlineExceeded};
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
    // A call that streams both ways is idle when neither side says anything.
    const auto since = is_grpc_ ? std::max(last_request_progress_, last_response_progress_) : last_request_progress_;
    deadline = {since + timeouts.request_body, Reason::kRequestBodyTimeout};
  } else if (!response_begun()) {
    deadline = {std::max(request_sent_at_, last_request_progress_) + timeouts.response_header,
                Reason::kResponseHeaderTimeout};
  } else {
    deadline = {last_response_progress_ + timeouts.response_body, Reason::kResponseBodyTimeout};
  }
  return deadline;
}

}  // namespace gabion::proxy
