// An exchange's way back, service to client: see exchange.h.
#include "proxy/protocol/http1/encoder.h"
#include "proxy/session/exchange.h"
#include "proxy/session/forward.h"
#include "proxy/session/local_reply.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kReadBytes = 4096;
constexpr std::uint32_t kMostInterimResponses = 100;  // a service that only announces would never answer

Reason reason_of(http1::DecodeError error) noexcept {
  switch (error) {
    case http1::DecodeError::kHeaderTooLarge:
    case http1::DecodeError::kTooManyHeaders:
    case http1::DecodeError::kStartLineTooLong:
    case http1::DecodeError::kTrailerTooLarge:
      return Reason::kUpstreamHeaderTooLarge;
    case http1::DecodeError::kTruncated:
      return Reason::kUpstreamTruncated;
    case http1::DecodeError::kNone:
    case http1::DecodeError::kMalformed:
    case http1::DecodeError::kUnsupportedVersion:
      return Reason::kUpstreamMalformed;
  }
  return Reason::kUpstreamMalformed;
}

}  // namespace

bool Exchange::pump_response() {
  bool moved = false;
  while (phase_ == UpstreamPhase::kReady && response_phase_ != ResponsePhase::kDone && ending_ == Ending::kNone &&
         (response_phase_ == ResponsePhase::kHeld || !down_.out.is_full())) {
    if (coded_[1] != nullptr && coded_[1]->has_work()) {
      advance_coded(inspect::Direction::kResponse);
      last_response_progress_ = worker_.loop.now();
      return true;  // one piece a turn, so that a body that expands does not keep others waiting
    }
    const auto step = upstream_->decoder.next(upstream_->in.bytes());
    upstream_->in.consume(step.consumed);
    switch (step.event) {
      case http1::Decoder::Event::kHead:
        take_response_head();
        break;
      case http1::Decoder::Event::kBody:
        take_response_body(step.body);
        break;
      case http1::Decoder::Event::kEnd:
        end_response();
        break;
      case http1::Decoder::Event::kNeedMore:
        if (upstream_->in.empty() || step.consumed == 0) {
          if (!read_response()) {
            flush_coded(inspect::Direction::kResponse);
            return moved;
          }
        }
        break;
      case http1::Decoder::Event::kError:
        fail(reason_of(upstream_->decoder.error()), upstream_->decoder.detail());
        return true;
    }
    moved = true;
    last_response_progress_ = worker_.loop.now();
  }
  return moved;
}

/// True when there is something new to decode, or the exchange changed its state.
bool Exchange::read_response() {
  const auto result = upstream_->transport().read(upstream_->in.prepare(kReadBytes));
  switch (result.status) {
    case IoStatus::kOk:
      to_upstream_.forget_sent();
      upstream_->in.commit(result.bytes);
      worker_.metrics.counters().upstream.bytes_received += result.bytes;
      return true;
    case IoStatus::kBlocked:
      return false;
    case IoStatus::kClosed: {
      response_keeps_alive_ = response_keeps_alive_ && response_framing_ == http1::Framing::kChunked;
      switch (upstream_->decoder.on_eof()) {
        case http1::Decoder::Event::kEnd:
          end_response();
          return true;
        case http1::Decoder::Event::kNeedMore:
        case http1::Decoder::Event::kError:
        case http1::Decoder::Event::kHead:
        case http1::Decoder::Event::kBody:
          upstream_lost(response_begun() ? Reason::kUpstreamTruncated : Reason::kUpstreamReset);
          return true;
      }
      return true;
    }
    case IoStatus::kError:
      upstream_lost(Reason::kUpstreamReset);
      return true;
  }
  return false;
}

void Exchange::take_response_head() {
  const auto& head = upstream_->decoder.head();
  if (head.status == 101) {
    fail(Reason::kUpstreamMalformed, "101 without an upgrade");
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
  response_head_at_ = EventLoop::Clock::now();
  inspect::ResponseHead response;
  response.status = head.status;
  response.fields = head.fields;
  response.minor_version = head.minor_version;
  response.has_body = head.framing != http1::Framing::kNone;
  const auto& verdict = down_.inspection.on_response_head(response);
  inspected_.set(down_.inspection.held_bytes());
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
  if (down_.decoder.head().minor_version == 0) {  // RFC 9110 §15.2: not to a 1.0 client
    return;
  }
  if (!down_.inspection.may_refuse_answer()) {
    write_response_head(down_.out, head, {});
  } else if (head.status == 100) {
    down_.out.append("HTTP/1.1 100 Continue\r\n\r\n");
  }
}

/// What stands before the answer leaves now if it can: a client may wait for a 100 while the answer waits for its body.
void Exchange::note_unheld() {
  if (!down_.out.empty()) {
    [[maybe_unused]] const bool moved = flush_downstream();
  }
  unheld_ = down_.out.pending();
}

void Exchange::queue_response_head(const http1::Head& head) {
  const bool client_is_1_0 = down_.decoder.head().minor_version == 0;
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
  if (limit != 0 && down_.requests >= limit) {
    worker_.metrics.reached(Limit::kRequestsPerConnection);
  }
  // Whoever answers before the request's end does not want the rest: then the connection cannot be used again.
  framing.close =
      framing.framing == http1::Framing::kUntilClose || request_phase_ != RequestPhase::kDone || !keeps_alive();
  response_keeps_alive_ = !framing.close;
  framing.keep_alive_1_0 = client_is_1_0 && !framing.close;
  framing.request_id = request_id_;
  framing.client_is_1_0 = client_is_1_0;
  framing.edits = down_.inspection.field_edits(inspect::Direction::kResponse);
  write_response_head(down_.out, head, framing);
  status_ = head.status;
}

bool Exchange::keeps_alive() const noexcept {
  const auto limit = down_.snapshot->config.limits.requests_per_connection;
  const bool draining = worker_.drain == DrainStep::kAll ||
                        (worker_.drain != DrainStep::kNone && down_.plan->side == inspect::Side::kIngress);
  return down_.decoder.head().keeps_alive() && !draining && (limit == 0 || down_.requests < limit);
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
  if (response_framing_ == http1::Framing::kChunked) {
    http1::write_chunk(down_.out, bytes);
  } else {
    down_.out.append(bytes);
  }
}

void Exchange::end_response() {
  const bool allowed = coded_[1] != nullptr ? end_coded(inspect::Direction::kResponse)
                                            : !inspect_response_ || inspect_window(inspect::Direction::kResponse,
                                                                                   held_response_, {}, true);
  if (!allowed) {
    return;
  }
  if (const auto trailers = upstream_->decoder.trailers(); !trailers.empty()) {
    if (const auto& verdict = down_.inspection.on_trailers(inspect::Direction::kResponse, trailers);
        !verdict.allowed()) {
      fail(to_reason(verdict.reason), {});
      return;
    }
  }
  if (response_framing_ == http1::Framing::kChunked) {
    write_trailers(down_.out, upstream_->decoder.trailers(), response_fields_);
  }
  response_phase_ = ResponsePhase::kDone;
  release_upstream();
}

}  // namespace gabion::proxy
