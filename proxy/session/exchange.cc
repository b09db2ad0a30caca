// One request and its answer on their way through the proxy: how it begins, and the loop that moves both halves.
#include "proxy/session/exchange.h"

#include <algorithm>

#include "proxy/capture/captured_plan.h"
#include "proxy/gateway/spoken_protocol.h"
#include "proxy/session/forward.h"
#include "proxy/session/websocket_tunnel.h"
#include "proxy/session/websocket_upgrade.h"

namespace gabion::proxy {
namespace {

using Codings = inspect::coding::CodingList;

constexpr std::uint32_t kTurnsBeforeYield = 32;     // about 1 MiB: then others have their turn
constexpr std::uint32_t kGrpcTurnsBeforeYield = 4;  // of a piece each: thousands of messages are in one, each judged

/// An id we pass on must be safe in any log: visible, short, no quotes.
bool is_usable_request_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.' || c == ':';
  });
}

/// Another version of HTTP, which the connection did not take up; "h2" has no meaning in plain text (RFC 7540 §3.2).
bool offers_http2(std::string_view upgrade) noexcept {
  return http1::equals_lower(upgrade, "h2c") || http1::equals_lower(upgrade, "h2");
}

std::string_view only_field(const http1::Head& head, http1::FieldId id) noexcept {
  const auto count = std::count(head.ids.begin(), head.ids.end(), id);
  return count == 1 ? head.field(id) : std::string_view();
}

}  // namespace

Exchange::Exchange(WorkerState& worker, Downstream& down, Wakeable& owner) noexcept
    : worker_(worker),
      down_(down),
      owner_(owner),
      http1_(worker.pool, worker.metrics),
      http2_(worker.loop, worker.buffers, owner),
      to_upstream_(worker.buffers, down.snapshot->config.limits.buffer_bytes),
      held_request_(worker.buffers),
      held_response_(worker.buffers),
      heads_(worker.buffers),
      inspected_(worker.buffers) {}

Exchange::~Exchange() {
  if (phase_ == UpstreamPhase::kWaitingForPlace) {
    worker_.pool.cancel_wait(owner_);
  }
}

void Exchange::reset() {
  stage_ = Stage::kOver;
  request_phase_ = RequestPhase::kHeld;
  phase_ = UpstreamPhase::kNone;
  wire_ = Wire::kBody;
  response_phase_ = ResponsePhase::kAwaited;
  ending_ = Ending::kNone;
  upstream_plan_ = nullptr;
  service_ = nullptr;
  endpoint_ = {};
  tried_endpoints_.clear();
  retries_ = 0;
  to_upstream_.clear();
  upstream_failure_.clear();
  websocket_.reset();
  upgrade_.reset();
  coded_ = {};
  head_deferred_ = {};
  request_fields_ = response_fields_ = BodyFields::kKept;
  request_framing_ = http1::Framing::kNone;
  inspect_request_ = inspect_response_ = fresh_only_ = was_full_ = false;
  response_keeps_alive_ = true;
  response_framing_ = http1::Framing::kNone;
  is_grpc_ = answers_grpc_ = false;
  request_frames_ = response_frames_ = {};
  grpc_status_.reset();
  call_deadline_.reset();
  reason_ = Reason::kNone;
  reason_detail_ = {};
  status_ = 0;
  interim_responses_ = 0;
  request_bytes_ = response_bytes_ = 0;
  request_pace_ = BodyPace();
  arrived_ = down_.half.total_sent();
  response_pace_ = BodyPace(arrived_);
  request_id_ = {};
  request_ = {};
  additions_ = {};
  facts_ = {};
  upstream_identity_.clear();
}

void Exchange::release() noexcept {
  constexpr std::size_t kFewFields = 64;
  constexpr std::size_t kLittleText = 1024;
  if (judged_fields_.capacity() > kFewFields) {
    judged_fields_ = std::vector<inspect::HeaderField>();
  }
  additions_ = {};  // may view what follows
  if (accept_encoding_.capacity() > kLittleText) {
    accept_encoding_ = std::string();
  }
  down_.inspection.release();
  inspected_.set(down_.inspection.held_bytes());
}

void Exchange::start_clock() noexcept {
  start_ = worker_.loop.read_clock();
  start_wall_ = worker_.loop.wall(start_);
  last_request_progress_ = last_response_progress_ = phase_since_ = request_sent_at_ = response_head_at_ = start_;
}

void Exchange::begin_rejected(Reason reason, std::string_view detail) {
  reset();
  start_clock();
  stage_ = Stage::kHeadless;
  worker_.metrics.counters().active_exchanges += 1;
  write_request_id(worker_.random, made_request_id_);
  request_id_ = {made_request_id_.data(), made_request_id_.size()};
  fail(reason, detail);
}

void Exchange::begin() {
  reset();
  start_clock();
  stage_ = Stage::kHead;
  worker_.metrics.counters().active_exchanges += 1;
  charge_heads();
  make_ids();
  if (const Reason refusal = begin_call(); refusal != Reason::kNone) {
    fail(refusal, "grpc-timeout is not a time");
    return;
  }
  if (const Reason refusal = refusal_before_verdict(); refusal != Reason::kNone) {
    worker_.metrics.counters().overload_refused_requests += refusal == Reason::kOverload ? 1 : 0;
    fail(refusal, {});
    return;
  }
  if (const Reason refusal = choose_upstream(); refusal != Reason::kNone) {
    fail(refusal, {});
    return;
  }
  judge_request_head();
}

void Exchange::make_ids() {
  const auto& head = down_.head();
  request_id_ = only_field(head, http1::FieldId::kRequestId);
  if (!is_usable_request_id(request_id_)) {
    write_request_id(worker_.random, made_request_id_);
    request_id_ = {made_request_id_.data(), made_request_id_.size()};
  }
  const auto trace = forward_trace(only_field(head, http1::FieldId::kTraceparent), worker_.random);
  write_traceparent(trace.trace, traceparent_);
  additions_.drop_tracestate = !trace.keep_tracestate;
}

Reason Exchange::refusal_before_verdict() const {
  const auto& head = down_.head();
  const auto& limits = down_.snapshot->config.limits;
  if (worker_.overload.refuses_requests()) {
    return Reason::kOverload;
  }
  if (head.method == "CONNECT" && head.connect_protocol.empty()) {
    return Reason::kConnectRefused;
  }
  if (!head.connect_protocol.empty() && !may_upgrade(head)) {
    return Reason::kUpgradeRefused;
  }
  // An offer of HTTP/2 may be declined by ignoring it; any other upgrade, or two of them, would turn the connection
  // into a hole.
  if (head.has_upgrade && !offers_http2(only_field(head, http1::FieldId::kUpgrade)) && !may_upgrade(head)) {
    return Reason::kUpgradeRefused;
  }
  if (head.expects_other) {
    return Reason::kUnsupportedExpect;
  }
  if (limits.request_body_bytes != 0 && head.content_length > limits.request_body_bytes) {
    return Reason::kBodyTooLarge;
  }
  return Reason::kNone;
}

Reason Exchange::choose_upstream() {
  const ListenerPlan& plan = *down_.plan;
  facts_.side = plan.side;
  if (plan.side == inspect::Side::kIngress) {
    upstream_plan_ = &plan.upstreams.front();
    facts_.peer_address = down_.client.remote.address;
    facts_.peer_identity = down_.client.identity;
    facts_.port = plan.port;
    return Reason::kNone;
  }
  const int route = plan.route_for(down_.head().authority);
  if (route < 0) {
    return Reason::kNoRoute;
  }
  const auto index = static_cast<std::size_t>(route);
  upstream_plan_ = &plan.upstreams[index];
  if (index < plan.services.size() && plan.services[index]) {
    return choose_endpoint(*plan.services[index]);
  }
  facts_ = egress_facts(plan.routes[index]);
  return Reason::kNone;
}

void Exchange::judge_request_head() {
  const auto& head = down_.head();
  auto& inspection = down_.inspection;
  inspection.begin(down_.snapshot->inspection, down_.plan->profile, facts_, worker_.scratch,
                   down_.snapshot->config.limits.hold_bytes);
  request_.method = head.method;
  request_.target = head.target;
  request_.authority = head.authority;
  decide_additions();
  forwarded_fields(head, additions_, judged_fields_);
  const Reason bad_upgrade = begin_upgrade();
  request_.fields = judged_fields_;
  request_.major_version = head.major_version;
  request_.minor_version = head.minor_version;
  request_.received = head.fields;
  request_.has_body = head.framing != http1::Framing::kNone;
  request_.id = request_id_;
  request_.time = start_wall_;
  request_.ends = &down_.client.ends;
  stage_ = Stage::kJudged;
  const auto& verdict = worker_.metrics.timed(
      InspectStage::kRequestHead, [&]() -> const inspect::Verdict& { return inspection.on_request_head(request_); });
  inspected_.set(inspection.held_bytes());
  if (!verdict.allowed()) {
    fail(to_reason(verdict.reason), {});
    return;
  }
  if (bad_upgrade != Reason::kNone) {
    fail(bad_upgrade, upstream_failure_);
    return;
  }
  inspect_request_ = head.framing != http1::Framing::kNone && inspection.wants_body(inspect::Direction::kRequest);
  // A client that waits for 100 must be heard by the service first (RFC 9110 §10.1.1), unless rules may still refuse
  // the head for what the body is: then we ask for the body ourselves. Other heads wait for the verdict on the first of
  // their body, so that a small attack never reaches the service at all.
  const bool undecided = inspect_request_ && inspection.may_refuse_body(inspect::Direction::kRequest);
  const bool by_messages = inspection.reads_messages(inspect::Direction::kRequest);
  if (!inspect_request_ || by_messages || (head.expects_continue && !undecided)) {
    request_phase_ = RequestPhase::kReleased;
  } else if (head.expects_continue) {
    down_.half.send_continue();
  }
  request_framing_ = head.framing;
  if (inspect_request_ && inspection.codings(inspect::Direction::kRequest).kind == Codings::Kind::kKnown) {
    begin_coded_request();
    return;
  }
  request_fields_ = fields_of(inspect::Direction::kRequest);
  send_request_head();
}

void Exchange::send_request_head() {
  if (request_fields_ >= BodyFields::kReframed) {
    request_framing_ = http1::Framing::kChunked;
  }
  if (spoken_to(*upstream_plan_, down_) == config::UpstreamProtocol::kHttp1) {
    write_http1_request_head();
  }
  to_upstream_.keep_sent();
}

/// What this hop says in place of what the client said.
void Exchange::decide_additions() {
  additions_.request_id = request_id_;
  additions_.traceparent = {traceparent_.data(), traceparent_.size()};
  if (down_.plan->side == inspect::Side::kIngress) {
    additions_.client_certificate = down_.client.client_certificate;
    additions_.at_edge = down_.client.identity == nullptr;
  }
  const auto& profile = down_.snapshot->inspection->profile(down_.plan->profile);
  if (profile.reads_answers && profile.config.content_coding == config::ContentCoding::kDecode) {
    inspect::coding::narrow_accept_encoding(down_.head().fields, accept_encoding_);
    additions_.accept_encoding = accept_encoding_;
  } else if (profile.reads_answers) {
    additions_.accept_encoding = "identity";
  }
}

Exchange::Outcome Exchange::step() {
  std::uint32_t turns = 0;
  while (true) {
    if (websocket_ != nullptr) {
      return step_websocket();
    }
    if (down_.half.is_gone() && response_phase_ != ResponsePhase::kDone) {
      lose_client();
    }
    bool moved = pump_request();
    moved = pump_upstream() || moved;
    moved = pump_response() || moved;
    moved = flush_downstream() || moved;
    if (ending_ != Ending::kNone || (response_phase_ == ResponsePhase::kDone && !down_.half.has_unsent())) {
      return finish();
    }
    if (!moved) {
      note_backpressure();
      note_pace();
      return Outcome::kWaiting;
    }
    if (++turns > (is_grpc_ ? kGrpcTurnsBeforeYield : kTurnsBeforeYield)) {
      worker_.loop.wake(owner_);
      note_pace();
      return Outcome::kWaiting;
    }
  }
}

void Exchange::lose_client() noexcept {
  if (ending_ == Ending::kNone) {
    ending_ = Ending::kClientGone;
  }
}

/// Counted once an exchange: one side reads slower than the other sends.
void Exchange::note_backpressure() noexcept {
  if (!was_full_ && (to_upstream_.is_full() || down_.half.is_full())) {
    was_full_ = true;
    worker_.metrics.reached(Limit::kBufferBytes);
  }
}

bool Exchange::flush_downstream() {
  if (response_phase_ == ResponsePhase::kHeld || !down_.half.has_unsent()) {
    return false;
  }
  switch (down_.half.flush()) {
    case ClientHalf::Flush::kNothing:
      return false;
    case ClientHalf::Flush::kClosed:
      lose_client();
      return false;
    case ClientHalf::Flush::kMoved:
      break;
  }
  last_response_progress_ = worker_.loop.now();
  return true;
}

bool Exchange::still_allowed(const Snapshot& snapshot) const {
  if (stage_ != Stage::kJudged || response_phase_ == ResponsePhase::kDone) {
    return true;
  }
  const PlanRef plan = current_plan(snapshot, *down_.plan, worker_.kept_plans);
  if (plan == nullptr && down_.plan->arrival == config::Arrival::kCaptured) {
    return false;  // its address leads nowhere any more
  }
  if (upgrade_ != nullptr && (plan == nullptr || plan->websocket == config::WebSocketMode::kRefuse)) {
    return false;
  }
  const auto& profile = plan != nullptr ? snapshot.inspection->profile(plan->profile)
                                        : down_.snapshot->inspection->profile(down_.plan->profile);
  return down_.inspection.still_allowed(*snapshot.inspection, profile.config.paths, request_);
}

}  // namespace gabion::proxy
