// An exchange's connection to the service: a place, the connection, the queued request, its return. See exchange.h.
#include "proxy/session/exchange.h"

namespace gabion::proxy {
namespace {

/// RFC 9110 §9.2.2.
bool is_idempotent(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS" ||
         method == "TRACE";
}

}  // namespace

/// False: all places are taken, the owner is woken when one is free.
bool Exchange::acquire_upstream() {
  upstream_ = worker_.pool.acquire({*upstream_plan_, down_.snapshot, down_.identity_number, fresh_only_}, owner_);
  const auto next = upstream_ ? UpstreamPhase::kConnecting : UpstreamPhase::kWaitingForPlace;
  if (next != phase_) {
    phase_ = next;
    phase_since_ = worker_.loop.now();
  }
  return upstream_ != nullptr;
}

bool Exchange::pump_upstream() {
  if (ended_by_us() || response_phase_ == ResponsePhase::kDone || ending_ != Ending::kNone ||
      request_phase_ == RequestPhase::kHeld) {
    return false;
  }
  bool moved = false;
  if (phase_ == UpstreamPhase::kNone || phase_ == UpstreamPhase::kWaitingForPlace) {
    if (!acquire_upstream()) {
      return false;
    }
    moved = true;
  }
  if (phase_ == UpstreamPhase::kConnecting) {
    switch (upstream_->progress()) {
      case UpstreamConnection::State::kConnecting:
      case UpstreamConnection::State::kHandshaking:
        return moved;
      case UpstreamConnection::State::kFailed:
        worker_.metrics.counters().upstream.tls.failed += upstream_->tls() != nullptr ? 1 : 0;
        upstream_failure_ = upstream_->failure_detail();
        fail(upstream_->failure(), upstream_failure_);
        return true;
      case UpstreamConnection::State::kReady:
        upstream_ready();
        moved = true;
        break;
    }
  }
  const auto before = to_upstream_.pending();
  if (before != 0) {
    // A failed write is not the end: the service may have answered and closed. Reading tells.
    [[maybe_unused]] const auto flushed = to_upstream_.flush(upstream_->transport());
    worker_.metrics.counters().upstream.bytes_sent += before - to_upstream_.pending();
  }
  return moved || to_upstream_.pending() != before;
}

void Exchange::upstream_ready() {
  phase_ = UpstreamPhase::kReady;
  upstream_->decoder.expect_answer_to_head(request_.method == "HEAD");
  if (tls::TlsStream* tls = upstream_->tls(); tls != nullptr) {
    upstream_identity_ = upstream_->peer_spiffe;
    if (!upstream_->reused) {
      worker_.metrics.counters().upstream.tls.ok += 1;
      worker_.metrics.counters().upstream.tls.resumed += tls->peer().resumed ? 1 : 0;
    }
  }
  last_response_progress_ = request_sent_at_ = worker_.loop.now();
}

void Exchange::upstream_lost(Reason reason) {
  if (retry_on_fresh_connection()) {
    return;
  }
  if (tls::TlsStream* tls = upstream_->tls(); !response_begun() && tls != nullptr && !tls->alert().empty()) {
    worker_.metrics.counters().upstream.tls.failed += 1;
    fail(Reason::kUpstreamTlsFailed, tls->alert());
    return;
  }
  fail(reason, {});
}

/// The service closed a kept connection just as we used it. Said again on a new one if that can change nothing twice.
bool Exchange::retry_on_fresh_connection() {
  if (response_begun() || !upstream_->reused || fresh_only_ || !is_idempotent(request_.method) ||
      !upstream_->decoder.at_message_start() || !to_upstream_.rewind()) {
    return false;
  }
  worker_.pool.discard(std::move(upstream_));
  phase_ = UpstreamPhase::kNone;
  fresh_only_ = true;
  return true;
}

bool Exchange::upstream_trusted(const Snapshot& snapshot, std::chrono::system_clock::time_point now) const {
  if (!upstream_ || phase_ != UpstreamPhase::kReady || upstream_->tls() == nullptr) {
    return true;
  }
  const auto& peer = upstream_->tls()->peer();
  return peer.expires > now && snapshot.tls && snapshot.tls->trusts_root(peer.root);
}

void Exchange::release_upstream() {
  if (!upstream_) {
    return;
  }
  const auto& head = upstream_->decoder.head();
  const bool reusable = phase_ == UpstreamPhase::kReady && request_phase_ == RequestPhase::kDone &&
                        response_phase_ == ResponsePhase::kDone && !ended_by_us() && to_upstream_.empty() &&
                        head.keeps_alive() && head.framing != http1::Framing::kUntilClose &&
                        upstream_->decoder.at_message_start() && upstream_->in.empty();
  if (reusable) {
    worker_.pool.release(std::move(upstream_), *worker_.snapshot);
  } else {
    worker_.pool.discard(std::move(upstream_));
  }
  phase_ = UpstreamPhase::kNone;
}

}  // namespace gabion::proxy
