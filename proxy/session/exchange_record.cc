// How an exchange ends: the answer of a refusal, the record for log and metrics. See exchange.h.
#include "proxy/session/exchange.h"
#include "proxy/session/local_reply.h"

namespace gabion::proxy {

void Exchange::fail(Reason reason, std::string_view detail) {
  if (reason_ != Reason::kNone || client_gone_ || !running_) {
    return;  // the first reason is the reason
  }
  reason_ = reason;
  reason_detail_ = detail;
  count_limit(reason);
  if (phase_ == UpstreamPhase::kWaitingForPlace) {
    worker_.pool.cancel_wait(owner_);
  }
  response_ended_by_us_ = true;
  release_upstream();
  phase_ = UpstreamPhase::kNone;
  const bool unsent = hold_response_head_ && response_begun_;
  if ((response_begun_ && !unsent) || traits(reason).status == 0) {
    cut_ = true;
    return;
  }
  if (unsent) {
    down_.out.clear();
    hold_response_head_ = false;
  }
  if (!request_done_ && has_head_ && down_.decoder.head().framing == http1::Framing::kNone) {
    request_done_ = down_.decoder.next({}).event == http1::Decoder::Event::kEnd;
  }
  response_keeps_alive_ = request_done_ && has_head_ && keeps_alive();
  const auto& config = down_.snapshot->config;
  const auto& verdict = down_.inspection.verdict();
  LocalReply reply;
  reply.reason = reason;
  reply.refuses_response = response_head_at_ != start_;
  reply.request_id = request_id_;
  if (config.explain_to_client && judged_) {
    reply.rule = verdict.rule;
    reply.detail = verdict.detail;
  }
  reply.answers_head = has_head_ && down_.decoder.head().method == "HEAD";
  reply.close = !response_keeps_alive_;
  write_local_reply(down_.out, reply);
  status_ = status_of(reply);
  response_begun_ = response_done_ = true;
}

void Exchange::count_limit(Reason reason) noexcept {
  switch (reason) {
    case Reason::kUriTooLong:
      worker_.metrics.reached(Limit::kRequestLineBytes);
      break;
    case Reason::kHeaderTooLarge:
    case Reason::kUpstreamHeaderTooLarge:
      worker_.metrics.reached(Limit::kHeaderBytes);
      break;
    case Reason::kTooManyHeaders:
      worker_.metrics.reached(Limit::kHeaderCount);
      break;
    case Reason::kTrailerTooLarge:
      worker_.metrics.reached(Limit::kTrailerBytes);
      break;
    case Reason::kBodyTooLarge:
      worker_.metrics.reached(Limit::kRequestBodyBytes);
      break;
    case Reason::kHoldLimit:
      worker_.metrics.reached(Limit::kHoldBytes);
      break;
    case Reason::kOverload:
      worker_.metrics.reached(Limit::kInFlightBytes);
      break;
    default:
      break;
  }
}

Exchange::Outcome Exchange::finish() {
  if (client_gone_ && !response_done_ && reason_ == Reason::kNone) {
    reason_ = Reason::kClientClosed;
  }
  if (phase_ == UpstreamPhase::kWaitingForPlace) {
    worker_.pool.cancel_wait(owner_);
  }
  release_upstream();
  Outcome outcome = Outcome::kKeepAlive;
  if (client_gone_ || cut_) {
    cut_ = cut_ || response_begun_;
    outcome = Outcome::kReset;
  } else if (!request_done_) {
    outcome = Outcome::kLinger;
  } else if (!response_keeps_alive_) {
    outcome = Outcome::kClose;
  }
  record(outcome);
  to_upstream_.clear();
  to_upstream_.release();
  worker_.metrics.counters().hold_bytes -= held_request_.size() + held_response_.size();
  held_request_.drop();
  held_response_.drop();
  running_ = false;
  worker_.metrics.counters().active_exchanges -= 1;
  return outcome;
}

void Exchange::record(Outcome outcome) {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto& head = down_.decoder.head();
  ExchangeRecord record;
  record.start_time = start_wall_;
  record.duration = duration_cast<microseconds>(EventLoop::Clock::now() - start_);
  if (response_head_at_ > request_sent_at_) {
    record.upstream_service_time = duration_cast<microseconds>(response_head_at_ - request_sent_at_);
  }
  record.side = down_.plan->side;
  record.listener = down_.plan->name;
  if (upstream_plan_ != nullptr) {
    record.route_name = upstream_plan_->name;
    record.upstream_host = upstream_plan_->destination_text;
  }
  if (has_head_) {
    record.method = head.method;
    record.path = head.target;
    record.protocol = head.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
    record.authority = head.authority;
    record.user_agent = head.field(http1::FieldId::kUserAgent);
    record.x_forwarded_for = head.field(http1::FieldId::kForwardedFor);
    record.traceparent = {traceparent_.data(), traceparent_.size()};
  }
  record.request_id = request_id_;
  record.response_code = status_;
  record.reason = reason_;
  record.detail = reason_detail_;
  record.cut = cut_ || outcome == Outcome::kReset;
  record.bytes_received = request_bytes_;
  record.bytes_sent = response_bytes_;
  record.downstream_local = down_.local;
  record.downstream_remote = down_.remote;
  record.requested_server_name = down_.server_name;
  record.peer_spiffe = down_.plan->side == inspect::Side::kIngress ? down_.peer_spiffe : upstream_identity_;
  record.mutual_tls = !record.peer_spiffe.empty();
  record.generation = down_.snapshot->generation;
  if (judged_) {
    record.verdict = &down_.inspection.verdict();
    record.findings = down_.inspection.findings();
  }
  worker_.metrics.count(record);
  worker_.logs.access(record);
  const bool notable = reason_ != Reason::kNone || !record.findings.empty() ||
                       (record.verdict != nullptr && record.verdict->dry_run_differs);
  if (notable) {
    worker_.logs.audit(record);
  }
}

}  // namespace gabion::proxy
