// How an exchange ends: the answer of a refusal, the record for log and metrics. See exchange.h.
#include "proxy/session/exchange.h"
#include "proxy/session/grpc_status.h"
#include "proxy/session/local_reply.h"
#include "proxy/session/websocket_tunnel.h"
#include "proxy/session/websocket_upgrade.h"

namespace gabion::proxy {

void Exchange::fail(Reason reason, std::string_view detail) {
  if (ended_by_us() || ending_ == Ending::kClientGone || !running()) {
    return;  // the first reason is the reason
  }
  reason_ = reason;
  reason_detail_ = detail;
  report_failure(reason);
  leave_endpoint();
  count_limit(reason);
  if (phase_ == UpstreamPhase::kWaitingForPlace) {
    worker_.pool.cancel_wait(owner_);
  }
  release_upstream();
  phase_ = UpstreamPhase::kNone;
  const bool unsent = response_phase_ == ResponsePhase::kHeld;
  if (end_with_status(reason)) {
    return;
  }
  if ((response_begun() && !unsent) || traits(reason).status == 0 || !down_.half.answers(reason)) {
    ending_ = Ending::kCut;
    return;
  }
  if (unsent) {
    down_.half.take_back();
  }
  if (request_phase_ != RequestPhase::kDone && has_head() && down_.head().framing == http1::Framing::kNone &&
      down_.half.next().event == ClientHalf::Event::kEnd) {
    request_phase_ = RequestPhase::kDone;
  }
  response_keeps_alive_ = request_phase_ == RequestPhase::kDone && has_head() && keeps_alive();
  const auto& config = down_.snapshot->config;
  const auto& verdict = down_.inspection.verdict();
  LocalReply reply;
  reply.reason = reason;
  reply.refuses_response = response_head_at_ != start_;
  reply.request_id = request_id_;
  if (config.explain_to_client && stage_ == Stage::kJudged) {
    reply.rule = verdict.rule;
    reply.detail = verdict.detail;
  }
  if (reason == Reason::kOverload || reason == Reason::kOverloadEnded) {
    reply.retry_after = config.overload.retry_after;
  }
  reply.answers_head = has_head() && down_.head().method == "HEAD";
  reply.is_grpc = is_grpc_;
  reply.close = !response_keeps_alive_;
  down_.half.send_local_reply(reply);
  status_ = status_of(reply);
  grpc_status_ = is_grpc_ ? grpc_status(reason) : std::nullopt;
  response_phase_ = ResponsePhase::kDone;
}

void Exchange::abort(Reason reason, std::string_view detail) {
  if (websocket_ != nullptr) {
    websocket_->abort(reason);
    return;
  }
  if (reason == Reason::kUpstreamConnectTimeout && connect_elsewhere(reason)) {
    return;
  }
  if (running() && ended_by_us()) {
    ending_ = Ending::kCut;  // our own answer is queued, but the client does not read it, or may not wait for it
    return;
  }
  fail(reason, detail);
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
    case Reason::kMessageTooLarge:
      worker_.metrics.reached(Limit::kWebSocketMessageBytes);
      break;
    case Reason::kHoldLimit:
      worker_.metrics.reached(Limit::kHoldBytes);
      break;
    case Reason::kDecodedBytes:
      worker_.metrics.reached(Limit::kDecodedBytes);
      break;
    case Reason::kDecodedRatio:
      worker_.metrics.reached(Limit::kDecodedRatio);
      break;
    case Reason::kMessageLimit:
      worker_.metrics.reached(Limit::kGrpcMessageBytes);
      break;
    case Reason::kScanLimit:
      worker_.metrics.reached(Limit::kScanBytes);
      break;
    case Reason::kOverload:
    case Reason::kOverloadEnded:
      worker_.metrics.reached(Limit::kInFlightBytes);
      break;
    case Reason::kRequestTooSlow:
    case Reason::kReaderTooSlow:
      worker_.metrics.reached(Limit::kBodyBytesPerSecond);
      break;
    default:
      break;
  }
}

Exchange::Outcome Exchange::finish() {
  if (ending_ == Ending::kClientGone && response_phase_ != ResponsePhase::kDone && !ended_by_us()) {
    reason_ = Reason::kClientClosed;
  }
  if (phase_ == UpstreamPhase::kWaitingForPlace) {
    worker_.pool.cancel_wait(owner_);
  }
  release_upstream();
  leave_endpoint();
  Outcome outcome = Outcome::kKeepAlive;
  if (ending_ != Ending::kNone) {
    outcome = Outcome::kReset;
  } else if (request_phase_ != RequestPhase::kDone) {
    outcome = Outcome::kLinger;
  } else if (!response_keeps_alive_) {
    outcome = Outcome::kClose;
  }
  record(outcome);
  down_.inspection.end();
  if (inspected_.bytes() >= kLeastHeldBytes) {  // a stream may rest for long while others of its connection do not
    down_.inspection.release();
    inspected_.set(down_.inspection.held_bytes());
  }
  websocket_.reset();
  upgrade_.reset();
  to_upstream_.clear();
  to_upstream_.release();
  worker_.metrics.counters().hold_bytes -= held_request_.size() + held_response_.size();
  held_request_.drop();
  held_response_.drop();
  coded_ = {};
  heads_.set(0);
  stage_ = Stage::kOver;
  worker_.metrics.counters().active_exchanges -= 1;
  return outcome;
}

void Exchange::describe_request(ExchangeRecord& record) const {
  if (!has_head()) {
    return;
  }
  const auto& head = down_.head();
  record.method = head.method;
  record.path = head.target;
  record.protocol = head.major_version == 2 ? "HTTP/2" : head.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
  record.authority = head.authority;
  record.user_agent = head.field(http1::FieldId::kUserAgent);
  record.x_forwarded_for = head.field(http1::FieldId::kForwardedFor);
  record.traceparent = {traceparent_.data(), traceparent_.size()};
}

/// All but how it ended.
void Exchange::describe(ExchangeRecord& record) const {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  record.start_time = start_wall_;
  record.duration = duration_cast<microseconds>(worker_.loop.read_clock() - start_);
  if (response_head_at_ > request_sent_at_) {
    record.upstream_service_time = duration_cast<microseconds>(response_head_at_ - request_sent_at_);
  }
  record.side = down_.plan->side;
  record.pod = down_.snapshot->pod_name();
  record.listener = down_.plan->name;
  if (upstream_plan_ != nullptr) {
    record.route_name = upstream_plan_->name;
    record.upstream_host = upstream_plan_->destination_text;
  }
  describe_request(record);
  record.request_id = request_id_;
  record.response_code = status_;
  record.is_grpc = is_grpc_;
  record.grpc_status = grpc_status_;
  record.request_messages = request_frames_.messages();
  record.response_messages = response_frames_.messages();
  record.reason = reason_;
  record.detail = reason_detail_;
  record.bytes_received = request_bytes_;
  record.bytes_sent = response_bytes_;
  record.downstream_local = down_.client.local;
  record.downstream_remote = down_.client.remote;
  record.requested_server_name = down_.client.server_name;
  record.peer_spiffe = down_.plan->side == inspect::Side::kIngress ? down_.client.peer_spiffe : upstream_identity_;
  record.mutual_tls = !record.peer_spiffe.empty();
  record.generation = down_.snapshot->generation;
  if (stage_ == Stage::kJudged) {
    record.verdict = &down_.inspection.verdict();
    record.findings = down_.inspection.findings();
    record.findings_dropped = down_.inspection.findings_dropped();
  }
}

void Exchange::record(Outcome outcome) {
  ExchangeRecord record;
  describe(record);
  describe_websocket(record);
  record.cut = outcome == Outcome::kReset;
  worker_.metrics.count(record);
  worker_.logs.access(record);
  const bool notable = reason_ != Reason::kNone || !record.findings.empty() ||
                       (record.verdict != nullptr && record.verdict->dry_run_differs);
  if (notable) {
    worker_.logs.audit(record);
  }
}

}  // namespace gabion::proxy
