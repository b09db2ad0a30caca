// An exchange's connection to the service: a place, the connection, the queued request, its return. See exchange.h.
#include "proxy/gateway/spoken_protocol.h"
#include "proxy/session/exchange.h"
#include "proxy/session/websocket_tunnel.h"
#include "proxy/session/websocket_upgrade.h"

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
  UpstreamPool::Wanted wanted{*upstream_plan_, down_.snapshot, down_.client.identity_number, fresh_only_};
  wanted.caller_port = down_.client.remote.port;
  auto joining = UpstreamPool::Joining::kHttp1;
  const auto spoken = spoken_to(*upstream_plan_, down_);
  const bool only_http2 = upstream_plan_->protocol == config::UpstreamProtocol::kHttp2;
  if (only_http2 || (spoken != config::UpstreamProtocol::kHttp1 && upgrade_ == nullptr)) {
    http2_.be_for(upgrade_ == nullptr ? Http2Upstream::Purpose::kRequest : Http2Upstream::Purpose::kConnect);
    joining = worker_.pool.join(wanted, http2_, owner_);
  }
  switch (joining) {
    case UpstreamPool::Joining::kJoined:
      upstream_ = &http2_;
      break;
    case UpstreamPool::Joining::kWaiting:
      break;
    case UpstreamPool::Joining::kHttp1:
      if (auto connection = worker_.pool.acquire(wanted, owner_)) {
        http1_.adopt(std::move(connection));
        upstream_ = &http1_;
      }
      break;
  }
  const auto next = upstream_ != nullptr ? UpstreamPhase::kConnecting : UpstreamPhase::kWaitingForPlace;
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
      case UpstreamHalf::State::kConnecting:
        return moved;
      case UpstreamHalf::State::kFailed:
        upstream_failed();
        return true;
      case UpstreamHalf::State::kElsewhere:
        release_upstream();
        return true;
      case UpstreamHalf::State::kReady:
        upstream_ready();
        moved = true;
        break;
    }
  }
  return (upstream_ != nullptr && upstream_->send(to_upstream_)) || moved;
}

void Exchange::upstream_ready() {
  phase_ = UpstreamPhase::kReady;
  upstream_->expect_answer_to(request_.method);
  upstream_identity_ = upstream_->peer_spiffe();
  last_response_progress_ = request_sent_at_ = worker_.loop.now();
  switch (upstream_->protocol()) {
    case UpstreamHalf::Protocol::kHttp1:
      begin_on_http1();
      break;
    case UpstreamHalf::Protocol::kHttp2:
      begin_on_http2();
      break;
  }
}

void Exchange::write_http1_request_head() {
  wire_ = Wire::kHttp1;
  const auto edits = down_.inspection.field_edits(inspect::Direction::kRequest);
  if (edits.empty()) {
    write_request_head(to_upstream_, request_, down_.head(), request_fields_);
  } else {  // request_ stays as it was judged: it is judged again when policies change
    std::vector<inspect::HeaderField> fields = judged_fields_;
    write_request_head(to_upstream_, edited_head(request_, edits, fields), down_.head(), request_fields_);
  }
}

/// What was queued before the protocol was known gets its head and framing now.
void Exchange::begin_on_http1() {
  if (wire_ == Wire::kHttp1) {
    return;
  }
  const std::string early(to_upstream_.unsent());
  to_upstream_.clear();
  write_http1_request_head();
  to_upstream_.keep_sent();
  if (!early.empty()) {
    queue_request_body(early);
  }
  if (request_phase_ == RequestPhase::kDone && request_framing_ == http1::Framing::kChunked) {
    write_trailers(to_upstream_, down_.half.trailers(), request_fields_);
  }
}

void Exchange::begin_on_http2() {
  // HTTP/1.0's; a sidecar would refuse it, and count it against a connection that others share.
  if (request_.authority.empty()) {
    fail(Reason::kMalformedRequest, "no Host, which a service by HTTP/2 must be told");
    return;
  }
  if (wire_ == Wire::kHttp1) {  // said in HTTP/1.1 to a server that is gone; another one answered the second call
    if (request_framing_ != http1::Framing::kNone) {
      fail(Reason::kUpstreamReset, {});
      return;
    }
    to_upstream_.clear();  // a head alone: it is said anew
    to_upstream_.keep_sent();
    wire_ = Wire::kBody;
  }
  const auto edits = down_.inspection.field_edits(inspect::Direction::kRequest);
  const std::string_view scheme = upstream_plan_->tls == config::UpstreamTls::kMutual ? "https" : "http";
  wire_block_.clear();
  std::vector<inspect::HeaderField> fields;
  inspect::RequestHead head = request_;
  if (!edits.empty()) {  // request_ stays as it was judged: it is judged again when policies change
    fields = judged_fields_;
    head = edited_head(request_, edits, fields);
  }
  if (upgrade_ != nullptr) {
    list_connect_fields(wire_block_, head, scheme);
  } else {
    list_request_fields(wire_block_, head, down_.head(), request_fields_, scheme);
  }
  charge_heads();
  const bool has_body = request_framing_ != http1::Framing::kNone || upgrade_ != nullptr;
  http2_.begin(wire_block_, has_body ? http2::Session::Body::kFollows : http2::Session::Body::kNone, to_upstream_);
  if (has_body && request_phase_ == RequestPhase::kDone) {
    end_on_http2();
  }
}

void Exchange::end_on_http2() {
  if (request_framing_ == http1::Framing::kNone) {
    return;
  }
  wire_block_.clear();
  list_trailers(wire_block_, down_.half.trailers(), request_fields_);
  wire_block_.list(wire_fields_);
  http2_.end_request(wire_fields_);
}

/// For a reason that the stream names.
void Exchange::upstream_failed() {
  const Reason reason = upstream_->failure();
  if (connect_elsewhere(reason)) {
    return;
  }
  upstream_failure_ = upstream_->failure_detail();
  fail(reason, upstream_failure_);
}

void Exchange::upstream_lost(UpstreamHalf::Event how) {
  if (say_again(how)) {
    return;
  }
  if (const tls::TlsStream* tls = upstream_->tls(); !response_begun() && tls != nullptr && !tls->alert().empty()) {
    worker_.metrics.counters().upstream.tls.failed += 1;
    fail(Reason::kUpstreamTlsFailed, tls->alert());
    return;
  }
  fail(response_begun() ? upstream_->failure() : Reason::kUpstreamReset, {});
}

/// The service took nothing of it, or closed a kept connection just as we used it. Said again on a new one if that can
/// change nothing twice; to another endpoint if there is one.
bool Exchange::say_again(UpstreamHalf::Event how) {
  const bool refused = how == UpstreamHalf::Event::kRefused;
  const bool harmless =
      refused || (upstream_->is_reused() && is_idempotent(request_.method) && upstream_->is_unanswered());
  const bool enough = fresh_only_ && (service_ == nullptr || !refused);
  if (response_begun() || enough || !harmless || !to_upstream_.rewind() || !say_elsewhere()) {
    return false;
  }
  release_upstream();
  fresh_only_ = true;
  return true;
}

bool Exchange::upstream_trusted(const Snapshot& snapshot, std::chrono::system_clock::time_point now) const {
  if (upstream_ == nullptr || phase_ != UpstreamPhase::kReady || upstream_->tls() == nullptr) {
    return true;
  }
  const auto& peer = upstream_->tls()->peer();
  return peer.expires > now && snapshot.tls && snapshot.tls->trusts_root(peer.root);
}

void Exchange::release_upstream() {
  if (upstream_ == nullptr) {
    return;
  }
  const bool complete = phase_ == UpstreamPhase::kReady && request_phase_ == RequestPhase::kDone &&
                        response_phase_ == ResponsePhase::kDone && !ended_by_us() && to_upstream_.empty();
  upstream_->finish(complete ? UpstreamHalf::Ending::kComplete : UpstreamHalf::Ending::kBroken, *worker_.snapshot);
  upstream_ = nullptr;
  phase_ = UpstreamPhase::kNone;
}

}  // namespace gabion::proxy
