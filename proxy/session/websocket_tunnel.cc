// Two lanes, two writers, and the order in which a WebSocket closes (RFC 6455 §7): see websocket_tunnel.h.
#include "proxy/session/websocket_tunnel.h"
#include "proxy/capture/captured_plan.h"

#include <algorithm>

namespace gabion::proxy {
namespace {

using inspect::Direction;
namespace close_code = websocket::close_code;

constexpr auto kCloseWait = std::chrono::seconds(5);  // for a peer's close frame after ours

constexpr int kPiecesPerFlush = 16;  // of each direction: small messages leave together

using Terms = std::optional<websocket::DeflateTerms>;

std::unique_ptr<inspect::coding::MessageInflater> inflater_of(const Terms& terms, Direction direction) {
  if (!terms) {
    return nullptr;
  }
  const bool none =
      direction == Direction::kRequest ? terms->client_no_context_takeover : terms->server_no_context_takeover;
  return std::make_unique<inspect::coding::MessageInflater>(none ? inspect::coding::Takeover::kNone
                                                                 : inspect::coding::Takeover::kKept);
}

/// Towards the service we keep what was agreed for clients, and the other way round.
std::unique_ptr<inspect::coding::MessageDeflater> deflater_of(const Terms& terms, Direction direction) {
  if (!terms) {
    return nullptr;
  }
  const bool is_request = direction == Direction::kRequest;
  const bool none = is_request ? terms->client_no_context_takeover : terms->server_no_context_takeover;
  return inspect::coding::MessageDeflater::make(
      is_request ? terms->client_max_window_bits : terms->server_max_window_bits,
      none ? inspect::coding::Takeover::kNone : inspect::coding::Takeover::kKept);
}

WebSocketLane::Bounds bounds_of(const config::Limits& limits) noexcept {
  return {limits.websocket_message_bytes, limits.decoded_bytes, limits.decoded_ratio};
}

/// 0: those who are at the ends are not to be trusted with another byte.
std::uint16_t close_code_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kPolicyChanged:
      return close_code::kPolicyViolation;
    case Reason::kIdleTimeout:
    case Reason::kDrained:
      return close_code::kGoingAway;
    case Reason::kOverloadEnded:
      return close_code::kTryAgainLater;
    default:
      return 0;
  }
}

}  // namespace

WebSocketTunnel::WebSocketTunnel(WorkerState& worker, const Begin& begin, const OnFound& on_found)
    : worker_(worker),
      client_(begin.client),
      service_(begin.service),
      plan_(begin.plan),
      side_(begin.plan->side),
      snapshot_(begin.rules),
      to_client_(client_.out, worker.random, websocket::Sender::kServer),
      to_service_(service_.out, worker.random, websocket::Sender::kClient),
      client_judge_(worker, Direction::kRequest, begin.upgrade),
      client_control_judge_(worker, Direction::kRequest, begin.upgrade),
      service_judge_(worker, Direction::kResponse, begin.upgrade),
      service_control_judge_(worker, Direction::kResponse, begin.upgrade),
      from_client_(worker,
                   {Direction::kRequest, client_.stream, client_.in, service_.out, to_service_, client_judge_,
                    client_control_judge_, client_.bytes_received},
                   bounds_of(snapshot_->config.limits), inflater_of(begin.deflate, Direction::kRequest), on_found),
      from_service_(worker,
                    {Direction::kResponse, service_.stream, service_.in, client_.out, to_client_, service_judge_,
                     service_control_judge_, service_.bytes_received},
                    bounds_of(snapshot_->config.limits), inflater_of(begin.deflate, Direction::kResponse), on_found),
      last_move_(worker.loop.now()),
      closing_since_(last_move_) {
  to_service_.compress_with(deflater_of(begin.deflate, Direction::kRequest));
  to_client_.compress_with(deflater_of(begin.deflate, Direction::kResponse));
  use_rules(*plan_);
}

void WebSocketTunnel::use_rules(const ListenerPlan& plan) {
  for (MessageJudge* judge : {&client_judge_, &client_control_judge_, &service_judge_, &service_control_judge_}) {
    judge->use(*snapshot_, plan);
  }
}

/// Messages are judged by the newest rules; whether the WebSocket may stay at all was asked when they came.
void WebSocketTunnel::follow_snapshot() {
  const auto& newest = worker_.newest_of(snapshot_);
  if (snapshot_ == newest) {
    return;
  }
  PlanRef plan = current_plan(*newest, *plan_, worker_.kept_plans);
  if (plan == nullptr || plan->side != side_) {
    close_both(close_code::kPolicyViolation, Reason::kPolicyChanged);
    return;
  }
  snapshot_ = newest;
  plan_ = std::move(plan);
  use_rules(*plan_);
}

/// At the next point where no message is under way either way.
void WebSocketTunnel::follow_drain() {
  const bool inbound = side_ == inspect::Side::kIngress;
  const bool draining = worker_.drain == DrainStep::kAll || (worker_.drain == DrainStep::kInbound && inbound);
  if (draining && from_client_.at_message_start() && from_service_.at_message_start()) {
    close_both(close_code::kGoingAway, Reason::kDrained);
  }
}

bool WebSocketTunnel::pump() {
  if (is_over()) {
    return false;
  }
  if (state_ == State::kOpen) {
    follow_snapshot();
    follow_drain();
  }
  bool moved = false;
  for (int i = 0; i < kPiecesPerFlush && pump_lane(from_client_, to_service_, to_client_); ++i) {
    moved = true;
  }
  for (int i = 0; i < kPiecesPerFlush && pump_lane(from_service_, to_client_, to_service_); ++i) {
    moved = true;
  }
  moved = flush_both() || moved;
  if (moved) {
    last_move_ = worker_.loop.now();
  }
  if (!moved && client_.stream.is_dead()) {
    client_gone_ = true;
  }
  end_if_done();
  return moved;
}

/// `onward`: where the lane's messages go; `back`: to who sends them.
bool WebSocketTunnel::pump_lane(WebSocketLane& lane, WebSocketWriter& onward, WebSocketWriter& back) {
  switch (lane.pump()) {
    case WebSocketLane::Progress::kNone:
      return false;
    case WebSocketLane::Progress::kMoved:
      return true;
    case WebSocketLane::Progress::kFailed:
      on_failed(lane, onward, back);
      return true;
    case WebSocketLane::Progress::kClosed:
      if (state_ == State::kOpen) {
        begin_closing(lane.close_code(), lane.direction() == Direction::kRequest ? "client" : "service");
      }
      onward.close(lane.close_code(), lane.close_reason());
      return true;
    case WebSocketLane::Progress::kGone:
      on_gone(lane, onward);
      return true;
  }
  return false;
}

void WebSocketTunnel::begin_closing(std::uint16_t code, std::string_view by) noexcept {
  state_ = State::kClosing;
  close_code_ = code;
  closed_by_ = by;
  closing_since_ = worker_.loop.now();
}

/// What inspection refuses closes with the same code on both sides; what is malformed is told to who sent it, and the
/// other side that its partner is gone.
void WebSocketTunnel::on_failed(WebSocketLane& lane, WebSocketWriter& onward, WebSocketWriter& back) {
  const LaneFailure& failure = lane.failure();
  if (state_ == State::kClosing) {  // one side has said goodbye, what the other still sends is judged all the same
    onward.close(failure.code, {});
    lane.discard();
    if (reason_ == Reason::kNone) {
      reason_ = failure.reason;
      detail_ = failure.detail;
      refused_by_ = lane.judge().verdict().allowed() ? nullptr : &lane.judge();
    }
    return;
  }
  if (state_ != State::kOpen) {
    return;
  }
  const bool from_service = lane.direction() == Direction::kResponse;
  const bool malformed = failure.reason == Reason::kMalformedFrame;
  reason_ = malformed && from_service ? Reason::kUpstreamMalformed : failure.reason;
  detail_ = failure.detail;
  refused_by_ = lane.judge().verdict().allowed() ? nullptr : &lane.judge();
  begin_closing(failure.code, "proxy");
  back.close(failure.code, {});
  onward.close(!malformed ? failure.code : from_service ? close_code::kBadGateway : close_code::kGoingAway, {});
  from_client_.discard();
  from_service_.discard();
}

/// Without a close frame: an ordinary end only where ours went before.
void WebSocketTunnel::on_gone(WebSocketLane& lane, WebSocketWriter& onward) {
  const bool from_service = lane.direction() == Direction::kResponse;
  const bool was_open = state_ == State::kOpen;
  if (was_open) {
    reason_ = from_service ? Reason::kUpstreamTruncated : Reason::kClientClosed;
    begin_closing(close_code::kAbnormal, from_service ? "service" : "client");
  }
  if (from_service) {
    const bool answered = closed_by_ == "client" && close_code_ != close_code::kAbnormal;
    onward.close(answered ? close_code_ : close_code::kBadGateway, {});
  } else {
    // Behind its close frame it has only said all: it still reads what the service says.
    client_gone_ = client_gone_ || was_open || client_.stream.is_dead();
    onward.close(close_code::kGoingAway, {});
  }
}

WebSocketTunnel::Flow WebSocketTunnel::flush(const TunnelEnd& end) {
  SendQueue& queue = end.out;
  const auto before = queue.pending();
  if (before == 0) {
    return Flow::kNone;
  }
  const auto flushed = queue.flush(end.stream);
  end.bytes_sent += before - queue.pending();
  if (flushed == SendQueue::Flush::kClosed) {
    return Flow::kGone;
  }
  if (queue.empty()) {
    queue.release();
  }
  return queue.pending() == before ? Flow::kNone : Flow::kMoved;
}

bool WebSocketTunnel::flush_both() {
  const auto to_client = client_gone_ ? Flow::kNone : flush(client_);
  const auto to_service = service_gone_ ? Flow::kNone : flush(service_);
  if (to_client == Flow::kGone) {
    client_gone_ = true;
    client_.out.clear();
  }
  if (to_service == Flow::kGone) {  // it may have said why before: reading tells
    service_gone_ = true;
    service_.out.clear();
  }
  return to_client == Flow::kMoved || to_service == Flow::kMoved;
}

void WebSocketTunnel::end_if_done() {
  if (client_gone_ && state_ == State::kOpen) {
    on_gone(from_client_, to_service_);
  }
  if (state_ != State::kClosing) {
    return;
  }
  const bool client_told = client_gone_ || (to_client_.closed() && client_.out.empty());
  const bool service_told = service_gone_ || from_service_.is_over() || (to_service_.closed() && service_.out.empty());
  const bool client_done = client_told && (client_gone_ || from_client_.is_over());
  const bool service_done = service_told && from_service_.is_over();
  if (client_done && (service_done || (client_gone_ && service_told))) {
    state_ = client_gone_ && reason_ == Reason::kClientClosed ? State::kCut : State::kOver;
  }
}

void WebSocketTunnel::close_both(std::uint16_t code, Reason reason) {
  reason_ = reason;
  begin_closing(code, "proxy");
  to_client_.close(code, {});
  to_service_.close(code, {});
  from_client_.discard();
  from_service_.discard();
}

void WebSocketTunnel::abort(Reason reason) {
  if (is_over()) {
    return;
  }
  const std::uint16_t code = close_code_of(reason);
  if (state_ == State::kOpen && code != 0) {
    close_both(code, reason);
    return;
  }
  if (state_ == State::kOpen) {
    reason_ = reason;
    close_code_ = close_code::kAbnormal;
    closed_by_ = "proxy";
    state_ = State::kCut;
    return;
  }
  // Who waits for a close frame has waited long enough.
  if (!to_client_.closed()) {
    to_client_.close(close_code_ == close_code::kAbnormal ? close_code::kGoingAway : close_code_, {});
  }
  [[maybe_unused]] const bool moved = flush_both();
  state_ = client_.out.empty() ? State::kOver : State::kCut;
}

WebSocketTunnel::TimePoint WebSocketTunnel::deadline() const noexcept {
  return state_ != State::kOpen ? closing_since_ + kCloseWait : last_move_ + snapshot_->config.timeouts.websocket_idle;
}

std::uint64_t WebSocketTunnel::held_bytes() const noexcept {
  return from_client_.held_bytes() + from_service_.held_bytes() + client_judge_.held_bytes() +
         client_control_judge_.held_bytes() + service_judge_.held_bytes() + service_control_judge_.held_bytes();
}

WebSocketTotals WebSocketTunnel::totals() const noexcept {
  return {from_client_.messages(), from_service_.messages(), close_code_, closed_by_};
}

}  // namespace gabion::proxy
