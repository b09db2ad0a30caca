// An exchange's way back, service to client: see exchange.h.
#include "proxy/session/exchange.h"
#include "proxy/session/forward.h"

namespace gabion::proxy {
namespace {

constexpr std::uint32_t kMostInterimResponses = 100;  // a service that only announces would never answer

}  // namespace

bool Exchange::pump_response() {
  bool moved = false;
  while (phase_ == UpstreamPhase::kReady && response_phase_ != ResponsePhase::kDone && ending_ == Ending::kNone &&
         websocket_ == nullptr && (response_phase_ == ResponsePhase::kHeld || !down_.half.is_full())) {
    if (coded_[1] != nullptr && coded_[1]->has_work()) {
      advance_coded(inspect::Direction::kResponse);
      last_response_progress_ = worker_.loop.now();
      return true;  // one piece a turn, so that a body that expands does not keep others waiting
    }
    const auto event = upstream_->next();
    if (event == UpstreamHalf::Event::kBlocked) {
      flush_coded(inspect::Direction::kResponse);
      return moved;
    }
    take_response_event(event);
    moved = true;
    last_response_progress_ = worker_.loop.now();
    if (is_grpc_) {
      return true;
    }
  }
  return moved;
}

void Exchange::take_response_event(UpstreamHalf::Event event) {
  switch (event) {
    case UpstreamHalf::Event::kBlocked:
      return;
    case UpstreamHalf::Event::kHead:
      to_upstream_.forget_sent();
      take_response_head();
      return;
    case UpstreamHalf::Event::kBody:
      take_response_body(upstream_->body());
      return;
    case UpstreamHalf::Event::kEnd:
      end_response();
      return;
    case UpstreamHalf::Event::kMalformed:
      upstream_failed();
      return;
    case UpstreamHalf::Event::kRefused:
    case UpstreamHalf::Event::kLost:
      upstream_lost(event);
      return;
  }
}

void Exchange::take_response_head() {
  const auto& head = upstream_->head();
  if (switches(head)) {
    report_endpoint(EndpointOutcome::kServed);
    begin_websocket();
    return;
  }
  if (head.status < 200) {
    if (++interim_responses_ > kMostInterimResponses) {
      fail(Reason::kUpstreamMalformed, "too many interim responses");
      return;
    }
    pass_interim(head);
    return;
  }
  if (head.status < 300 && !down_.head().connect_protocol.empty()) {  // it would say that the WebSocket is open
    fail(Reason::kUpstreamMalformed, "the service answered an upgrade with success, but did not switch");
    return;
  }
  response_head_at_ = worker_.loop.read_clock();
  note_answer(head.fields, &head);
  report_answer(head.status);
  inspect::ResponseHead response;
  response.status = head.status;
  response.fields = head.fields;
  response.major_version = head.major_version;
  response.minor_version = head.minor_version;
  response.has_body = head.framing != http1::Framing::kNone;
  const auto& verdict = down_.inspection.on_response_head(response);
  inspected_.set(down_.inspection.held_bytes());
  charge_heads();
  if (!verdict.allowed()) {
    fail(to_reason(verdict.reason), {});
    return;
  }
  inspect_response_ =
      head.framing != http1::Framing::kNone && down_.inspection.wants_body(inspect::Direction::kResponse);
  if (inspect_response_ &&
      down_.inspection.codings(inspect::Direction::kResponse).kind == inspect::coding::CodingList::Kind::kKnown) {
    begin_coded_response();
    return;
  }
  const bool held = inspect_response_ && down_.inspection.may_refuse_body(inspect::Direction::kResponse);
  note_unheld();
  response_fields_ =
      head.framing == http1::Framing::kNone ? fields_of_no_body(head) : fields_of(inspect::Direction::kResponse);
  queue_response_head(head);
  response_phase_ = held ? ResponsePhase::kHeld : ResponsePhase::kBegun;
}

/// No detector sees an interim response: where one may refuse an answer for its fields, 100 goes on without any and
/// others, which say nothing but their fields, do not go on.
void Exchange::pass_interim(const http1::Head& head) {
  if (down_.head().minor_version == 0) {  // RFC 9110 §15.2: not to a 1.0 client
    return;
  }
  if (!down_.inspection.may_refuse_answer()) {
    down_.half.send_interim(head);
  } else if (head.status == 100) {
    down_.half.send_continue();
  }
}

/// What stands before the answer leaves now if it can: a client may wait for a 100 while the answer waits for its body.
void Exchange::note_unheld() {
  if (down_.half.has_unsent()) {
    [[maybe_unused]] const bool moved = flush_downstream();
  }
  down_.half.mark();
}

void Exchange::queue_response_head(const http1::Head& head) {
  const bool client_is_1_0 = down_.head().minor_version == 0;
  ResponseFraming framing;
  framing.framing = head.framing;
  framing.body = response_fields_;
  const bool is_reframed = response_fields_ >= BodyFields::kReframed && head.framing == http1::Framing::kLength;
  if (head.framing == http1::Framing::kChunked || head.framing == http1::Framing::kUntilClose || is_reframed) {
    // Chunked, because a client can tell a cut from an end; a 1.0 client gets what it knows.
    framing.framing = client_is_1_0 ? http1::Framing::kUntilClose : http1::Framing::kChunked;
  }
  response_framing_ = framing.framing;
  const auto limit = down_.snapshot->config.limits.requests_per_connection;
  if (limit != 0 && down_.client.requests >= limit) {
    worker_.metrics.reached(Limit::kRequestsPerConnection);
  }
  // Whoever answers before the request's end does not want the rest: then the connection cannot be used again.
  framing.close =
      framing.framing == http1::Framing::kUntilClose || request_phase_ != RequestPhase::kDone || !keeps_alive();
  response_keeps_alive_ = !framing.close;
  framing.keep_alive_1_0 = client_is_1_0 && !framing.close;
  framing.request_id = id_to_tell();
  framing.client_is_1_0 = client_is_1_0;
  framing.edits = down_.inspection.field_edits(inspect::Direction::kResponse);
  down_.half.send_head(head, framing);
  status_ = head.status;
}

std::string_view Exchange::id_to_tell() const noexcept {
  const bool made_it = request_id_.data() == made_request_id_.data();
  return made_it || down_.client.peer_spiffe.empty() ? request_id_ : std::string_view();
}

bool Exchange::keeps_alive() const noexcept {
  const auto limit = down_.snapshot->config.limits.requests_per_connection;
  const bool draining = worker_.drain == DrainStep::kAll ||
                        (worker_.drain != DrainStep::kNone && down_.plan->side == inspect::Side::kIngress);
  return down_.head().keeps_alive() && !draining && (limit == 0 || down_.client.requests < limit);
}

void Exchange::take_response_body(std::span<char> bytes) {
  response_bytes_ += bytes.size();
  if (coded_[1] != nullptr) {
    take_coded(inspect::Direction::kResponse, {bytes.data(), bytes.size()});
    return;
  }
  if (!inspect_response_) {
    send_response_body({bytes.data(), bytes.size()});
    return;
  }
  [[maybe_unused]] const bool allowed = inspect_window(inspect::Direction::kResponse, held_response_, bytes, false);
}

void Exchange::send_response_body(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  if (is_grpc_) {
    response_frames_.feed(bytes);
  }
  down_.half.send_body(bytes);
}

void Exchange::end_response() {
  const bool allowed = coded_[1] != nullptr ? end_coded(inspect::Direction::kResponse)
                                            : !inspect_response_ || inspect_window(inspect::Direction::kResponse,
                                                                                   held_response_, {}, true);
  if (!allowed) {
    return;
  }
  if (const auto trailers = upstream_->trailers(); !trailers.empty()) {
    if (const auto& verdict = down_.inspection.on_trailers(inspect::Direction::kResponse, trailers);
        !verdict.allowed()) {
      fail(to_reason(verdict.reason), {});
      return;
    }
  }
  note_answer(upstream_->trailers(), nullptr);
  down_.half.send_end(upstream_->trailers(), response_fields_);
  response_phase_ = ResponsePhase::kDone;
  report_answer(status_);
  leave_endpoint();
  release_upstream();
}

}  // namespace gabion::proxy
