// An exchange that becomes a WebSocket: the upgrade, the tunnel's turns, its end. See exchange.h.
#include "proxy/session/exchange.h"
#include "proxy/session/http1_half.h"
#include "proxy/session/websocket_tunnel.h"
#include "proxy/session/websocket_upgrade.h"

namespace gabion::proxy {
namespace {

constexpr std::uint32_t kTurnsBeforeYield = 8;  // about 1 MiB: then others have their turn

}  // namespace

bool Exchange::may_upgrade(const http1::Head& head) const noexcept {
  return down_.half.upgradable() != nullptr && down_.plan->websocket == config::WebSocketMode::kAllow &&
         websocket::asks_for_websocket(head);
}

/// Before the verdict: `judged_fields_` become those of an upgrade. Not kNone: the request is none.
Reason Exchange::begin_upgrade() {
  const auto& head = down_.head();
  if (!head.has_upgrade || !may_upgrade(head)) {
    return Reason::kNone;
  }
  if (upstream_plan_->protocol == config::UpstreamProtocol::kHttp2) {
    upstream_failure_ = "the service is spoken to in HTTP/2, where nothing is upgraded";
    return Reason::kUpgradeRefused;
  }
  auto reading = websocket::read_offer(head);
  switch (reading.status) {
    case websocket::OfferStatus::kOk:
      break;
    case websocket::OfferStatus::kMalformed:
      upstream_failure_ = reading.detail;
      return Reason::kWebSocketHandshake;
    case websocket::OfferStatus::kVersion:
      upstream_failure_ = reading.detail;
      return Reason::kWebSocketVersion;
  }
  upgrade_ = std::make_unique<WebSocketUpgrade>(std::move(reading.offer));
  upgrade_->amend(judged_fields_);
  return Reason::kNone;
}

/// The service said 101.
void Exchange::begin_websocket() {
  const auto& head = upstream_->head();
  if (upgrade_ == nullptr) {
    fail(Reason::kUpstreamMalformed, "101 without an upgrade");
    return;
  }
  const auto answer = websocket::read_switch(head, upgrade_->offer, upgrade_->accept);
  if (*answer.detail != '\0') {
    fail(Reason::kUpstreamMalformed, answer.detail);
    return;
  }
  response_head_at_ = EventLoop::Clock::now();
  inspect::ResponseHead response;
  response.status = head.status;
  response.fields = head.fields;
  response.major_version = head.major_version;
  response.minor_version = head.minor_version;
  const auto& verdict = down_.inspection.on_response_head(response);
  inspected_.set(down_.inspection.held_bytes());
  if (!verdict.allowed()) {
    fail(to_reason(verdict.reason), {});
    return;
  }
  ResponseFraming framing;
  framing.request_id = request_id_;
  framing.edits = down_.inspection.field_edits(inspect::Direction::kResponse);
  down_.half.send_head(head, framing);
  down_.inspection.release();  // from here on messages are judged, each by itself
  inspected_.set(down_.inspection.held_bytes());
  status_ = head.status;
  response_phase_ = ResponsePhase::kBegun;
  response_keeps_alive_ = false;
  request_phase_ = RequestPhase::kDone;
  worker_.metrics.counters().websocket_opened += 1;
  Http1Half& client = *down_.half.upgradable();  // or there were no upgrade_, and no http1_ in use either
  const WebSocketTunnel::Begin begin{.client = {*down_.client.transport, client.in, client.out},
                                     .service = {http1_.transport(), http1_.in(), to_upstream_},
                                     .rules = down_.snapshot,
                                     .plan = *down_.plan,
                                     .deflate = answer.deflate,
                                     .upgrade = {&request_, &facts_}};
  websocket_ = std::make_unique<WebSocketTunnel>(worker_, begin, [this](WebSocketLane& lane) { note_found(lane); });
}

/// What was found in a message is told at once, since the end may be far.
void Exchange::note_found(WebSocketLane& lane) {
  if (lane.judge().findings().empty()) {
    return;
  }
  ExchangeRecord record;
  describe(record);
  record.findings = lane.judge().findings();
  record.findings_dropped = lane.judge().findings_dropped();
  worker_.metrics.count_findings(record);
  worker_.logs.audit(record);
}

Exchange::Outcome Exchange::step_websocket() {
  std::uint32_t turns = 0;
  while (websocket_->pump()) {
    if (++turns > kTurnsBeforeYield) {
      worker_.loop.wake(owner_);
      return Outcome::kWaiting;
    }
  }
  if (!websocket_->is_over()) {
    note_backpressure();
    note_pace();
    return Outcome::kWaiting;
  }
  return finish_websocket();
}

Exchange::Outcome Exchange::finish_websocket() {
  worker_.metrics.counters().websocket_closed += 1;
  reason_ = websocket_->reason();
  reason_detail_ = websocket_->detail();
  if (reason_ == Reason::kOverloadEnded) {
    reason_detail_ = upstream_failure_;
  }
  count_limit(reason_);
  request_bytes_ = websocket_->bytes_received();
  response_bytes_ = websocket_->bytes_sent();
  ending_ = websocket_->is_cut() ? Ending::kCut : Ending::kNone;
  response_phase_ = ResponsePhase::kDone;
  if (upstream_ != nullptr) {  // it has left HTTP: never another exchange's
    upstream_->finish(UpstreamHalf::Ending::kBroken, *worker_.snapshot);
    upstream_ = nullptr;
  }
  phase_ = UpstreamPhase::kNone;
  return finish();
}

void Exchange::describe_websocket(ExchangeRecord& record) const {
  if (websocket_ == nullptr) {
    return;
  }
  record.websocket = websocket_->totals();
  if (const auto* judge = websocket_->refused_by(); judge != nullptr) {
    record.verdict = &judge->verdict();
    record.findings = judge->findings();
    record.findings_dropped = judge->findings_dropped();
  }
}

Exchange::Deadline Exchange::websocket_deadline() const noexcept {
  Deadline deadline{websocket_->deadline(), Reason::kIdleTimeout};
  if (const auto at = response_pace_.deadline(); at && *at < deadline.at) {
    deadline = {*at, Reason::kReaderTooSlow};
  }
  return deadline;
}

}  // namespace gabion::proxy
