// An exchange that becomes a WebSocket: the upgrade, the tunnel's turns, its end. See exchange.h.
#include "proxy/session/exchange.h"
#include "proxy/session/websocket_tunnel.h"
#include "proxy/session/websocket_upgrade.h"

namespace gabion::proxy {
namespace {

constexpr std::uint32_t kTurnsBeforeYield = 8;  // about 1 MiB: then others have their turn

}  // namespace

bool Exchange::may_upgrade(const http1::Head& head) const noexcept {
  return down_.plan->websocket == config::WebSocketMode::kAllow && websocket::asks_for_websocket(head);
}

/// Before the verdict: `judged_fields_` become those of an upgrade. Not kNone: the request is none.
Reason Exchange::begin_upgrade() {
  const auto& head = down_.head();
  if (!may_upgrade(head)) {
    return Reason::kNone;
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
  upgrade_ = std::make_unique<WebSocketUpgrade>(std::move(reading.offer), worker_.random);
  upgrade_->amend(judged_fields_);
  return Reason::kNone;
}

/// Whether the service's answer says that from here on it is a WebSocket.
bool Exchange::switches(const http1::Head& head) const noexcept {
  return head.status == 101 || (upgrade_ != nullptr && upstream_ == &http2_ && head.status >= 200 && head.status < 300);
}

/// REQUIRES: switches(upstream_->head()). What the client hears is a 101 in any case: its half says it in its own
/// words.
void Exchange::begin_websocket() {
  http1::Head head = upstream_->head();
  const bool by_connect = upstream_ == &http2_;
  if (upgrade_ == nullptr || (by_connect && head.status == 101)) {
    fail(Reason::kUpstreamMalformed, "101 without an upgrade");
    return;
  }
  const auto answer = by_connect ? websocket::read_connect_answer(head, upgrade_->offer)
                                 : websocket::read_switch(head, upgrade_->offer, upgrade_->accept);
  if (*answer.detail != '\0') {
    fail(Reason::kUpstreamMalformed, answer.detail);
    return;
  }
  if (by_connect) {
    head.status = 101;
    head.phrase = "Switching Protocols";
    for (std::size_t i = head.fields.size(); i-- > 0;) {  // the service has no key to accept
      if (inspect::equals_without_case(head.fields[i].name, "sec-websocket-accept")) {
        head.fields.erase(head.fields.begin() + static_cast<std::ptrdiff_t>(i));
        head.ids.erase(head.ids.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    head.fields.push_back({"sec-websocket-accept", upgrade_->accept});
    head.ids.push_back(http1::FieldId::kOther);
  }
  response_head_at_ = worker_.loop.read_clock();
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
  framing.request_id = id_to_tell();
  framing.edits = down_.inspection.field_edits(inspect::Direction::kResponse);
  down_.half.send_head(head, framing);
  down_.inspection.release();  // from here on messages are judged, each by itself
  inspected_.set(down_.inspection.held_bytes());
  status_ = down_.head().connect_protocol.empty() ? head.status : std::uint16_t{200};  // RFC 8441 §5
  response_phase_ = ResponsePhase::kBegun;
  response_keeps_alive_ = false;
  request_phase_ = RequestPhase::kDone;
  worker_.metrics.counters().websocket_opened += 1;
  auto& counters = worker_.metrics.counters().upstream;
  const TunnelEnd service = by_connect ? http2_.leave_http()
                                       : TunnelEnd{http1_.transport(), http1_.in(), to_upstream_,
                                                   counters.bytes_received, counters.bytes_sent};
  const WebSocketTunnel::Begin begin{.client = down_.half.leave_http(),
                                     .service = service,
                                     .rules = down_.snapshot,
                                     .plan = down_.plan,
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
  if (!websocket_->is_over() || last_word_waits()) {
    note_backpressure();
    note_pace();
    return Outcome::kWaiting;
  }
  return finish_websocket();
}

/// A stream of HTTP/2 has an end of its own behind the close frame, on either side.
bool Exchange::last_word_waits() {
  const bool is_stream = !down_.head().connect_protocol.empty();
  if (websocket_->is_cut() || (is_stream && down_.half.is_gone())) {
    return false;
  }
  if (response_phase_ != ResponsePhase::kDone) {
    response_phase_ = ResponsePhase::kDone;
    if (is_stream) {
      down_.half.send_end({}, BodyFields::kKept);
    }
    if (upstream_ == &http2_) {
      http2_.end_request({});
    }
  }
  if (is_stream) {
    [[maybe_unused]] const bool moved = flush_downstream();
  }
  const bool client_waits = is_stream && !down_.half.is_gone() && down_.half.has_unsent();
  const bool service_waits = upstream_ == &http2_ && !http2_.is_finished();
  return (client_waits || service_waits) && worker_.loop.now() < websocket_deadline().at;
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
  // A stream whose client never opens its window would stay for good.
  const bool is_stuck = !down_.head().connect_protocol.empty() && !down_.half.is_gone() && down_.half.has_unsent();
  ending_ = websocket_->is_cut() || is_stuck ? Ending::kCut : Ending::kNone;
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
