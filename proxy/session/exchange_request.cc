// An exchange's way there, client to service, and the window in which bodies of both ways are judged: see exchange.h.
#include <algorithm>

#include "proxy/protocol/http1/encoder.h"
#include "proxy/session/exchange.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kReadBytes = 4096;  // least room worth a system call

}  // namespace

bool Exchange::pump_request() {
  bool moved = false;
  while (listens_to_client()) {
    const auto step = down_.decoder.next(down_.in.bytes());
    down_.in.consume(step.consumed);
    switch (step.event) {
      case http1::Decoder::Event::kBody:
        take_request_body(step.body);
        break;
      case http1::Decoder::Event::kEnd:
        end_request();
        break;
      case http1::Decoder::Event::kNeedMore:
        if (down_.in.empty() || step.consumed == 0) {
          if (!read_request()) {
            return moved;
          }
        }
        break;
      case http1::Decoder::Event::kError:
        fail(down_.decoder.error() == http1::DecodeError::kTrailerTooLarge ? Reason::kTrailerTooLarge
                                                                           : Reason::kMalformedRequest,
             down_.decoder.detail());
        return true;
      case http1::Decoder::Event::kHead:
        return true;  // cannot be: a head follows an end
    }
    moved = true;
    last_request_progress_ = worker_.loop.now();
  }
  return moved;
}

bool Exchange::read_request() {
  const auto result = down_.transport->read(down_.in.prepare(kReadBytes));
  switch (result.status) {
    case IoStatus::kOk:
      down_.in.commit(result.bytes);
      worker_.metrics.counters().downstream.bytes_received += result.bytes;
      return true;
    case IoStatus::kBlocked:
      return false;
    case IoStatus::kClosed:
    case IoStatus::kError:
      lose_client();
      return false;
  }
  return false;
}

void Exchange::take_request_body(std::span<char> bytes) {
  request_bytes_ += bytes.size();
  const auto limit = down_.snapshot->config.limits.request_body_bytes;
  if (limit != 0 && request_bytes_ > limit) {
    fail(Reason::kBodyTooLarge, {});
    return;
  }
  if (!inspect_request_) {
    send_request_body({bytes.data(), bytes.size()});
    return;
  }
  [[maybe_unused]] const bool allowed = inspect_window(inspect::Direction::kRequest, held_request_, bytes, false);
}

void Exchange::end_request() {
  request_phase_ = RequestPhase::kDone;
  if (inspect_request_ && !inspect_window(inspect::Direction::kRequest, held_request_, {}, true)) {
    return;
  }
  if (const auto trailers = down_.decoder.trailers(); !trailers.empty()) {
    if (const auto& verdict = down_.inspection.on_trailers(inspect::Direction::kRequest, trailers);
        !verdict.allowed()) {
      fail(to_reason(verdict.reason), {});
      return;
    }
  }
  if (down_.decoder.head().framing == http1::Framing::kChunked) {
    http1::write_last_chunk(to_upstream_, down_.decoder.trailers());
  }
  request_sent_at_ = EventLoop::Clock::now();
}

void Exchange::send_request_body(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  if (down_.decoder.head().framing == http1::Framing::kChunked) {
    http1::write_chunk(to_upstream_, bytes);
  } else {
    to_upstream_.append(bytes);
  }
}

/// Judges `held` and `fresh` as one window and sends what is released; the rest is held. False: refused, fail() was
/// called.
bool Exchange::inspect_window(inspect::Direction direction, Buffer& held, std::span<char> fresh, bool end) {
  const bool is_request = direction == inspect::Direction::kRequest;
  const bool in_place = held.empty();
  auto& hold_bytes = worker_.metrics.counters().hold_bytes;
  if (!in_place) {
    held.append({fresh.data(), fresh.size()});
    hold_bytes += fresh.size();
  }
  inspect::BodyWindow window;
  window.bytes = in_place ? fresh : held.bytes();
  window.offset = (is_request ? request_bytes_ : response_bytes_) - window.bytes.size();
  window.fresh = fresh.size();
  window.end = end;
  const auto result = worker_.metrics.timed(is_request ? InspectStage::kRequestBody : InspectStage::kResponseBody,
                                            [&] { return down_.inspection.on_body(direction, window); });
  if (!result.ok) {
    fail(to_reason(down_.inspection.verdict().reason), {});
    return false;
  }
  const auto released = window.bytes.first(std::min(result.release, window.bytes.size()));
  if (is_request) {
    if (request_phase_ == RequestPhase::kHeld && !released.empty()) {
      request_phase_ = RequestPhase::kReleased;
    }
    send_request_body({released.data(), released.size()});
  } else {
    if (response_phase_ == ResponsePhase::kHeld && !released.empty()) {
      response_phase_ = ResponsePhase::kBegun;
    }
    send_response_body({released.data(), released.size()});
  }
  if (in_place) {
    const auto kept = window.bytes.subspan(released.size());
    held.append({kept.data(), kept.size()});
    hold_bytes += kept.size();
  } else {
    held.consume(released.size());
    hold_bytes -= released.size();
  }
  return true;
}

}  // namespace gabion::proxy
