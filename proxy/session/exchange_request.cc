// An exchange's way there, client to service, and the window in which bodies of both ways are judged: see exchange.h.
#include <algorithm>

#include "proxy/protocol/http1/encoder.h"
#include "proxy/session/exchange.h"

namespace gabion::proxy {

bool Exchange::pump_request() {
  bool moved = false;
  while (listens_to_client()) {
    if (coded_[0] != nullptr && coded_[0]->has_work()) {
      advance_coded(inspect::Direction::kRequest);
      last_request_progress_ = worker_.loop.now();
      return true;  // one piece a turn, so that a body that expands does not keep others waiting
    }
    const auto step = down_.half.next();
    switch (step.event) {
      case ClientHalf::Event::kBody:
        take_request_body(step.body);
        break;
      case ClientHalf::Event::kEnd:
        end_request();
        break;
      case ClientHalf::Event::kClosed:
        lose_client();
        return moved;
      case ClientHalf::Event::kBlocked:
        flush_coded(inspect::Direction::kRequest);
        return moved;
      case ClientHalf::Event::kError:
        fail(down_.half.error(), down_.half.error_detail());
        return true;
    }
    moved = true;
    last_request_progress_ = worker_.loop.now();
    if (is_grpc_) {
      return true;
    }
  }
  return moved;
}

void Exchange::take_request_body(std::span<char> bytes) {
  request_bytes_ += bytes.size();
  const auto limit = down_.snapshot->config.limits.request_body_bytes;
  if (limit != 0 && request_bytes_ > limit) {
    fail(Reason::kBodyTooLarge, {});
    return;
  }
  if (coded_[0] != nullptr) {
    take_coded(inspect::Direction::kRequest, {bytes.data(), bytes.size()});
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
  const bool allowed = coded_[0] != nullptr
                           ? end_coded(inspect::Direction::kRequest)
                           : !inspect_request_ || inspect_window(inspect::Direction::kRequest, held_request_, {}, true);
  if (!allowed) {
    return;
  }
  if (const auto trailers = down_.half.trailers(); !trailers.empty()) {
    if (const auto& verdict = down_.inspection.on_trailers(inspect::Direction::kRequest, trailers);
        !verdict.allowed()) {
      fail(to_reason(verdict.reason), {});
      return;
    }
  }
  if (wire_ == Wire::kHttp1 && request_framing_ == http1::Framing::kChunked) {
    write_trailers(to_upstream_, down_.half.trailers(), request_fields_);
  } else if (wire_ == Wire::kBody && phase_ == UpstreamPhase::kReady) {
    end_on_http2();
  }
  request_sent_at_ = worker_.loop.read_clock();
}

void Exchange::send_request_body(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  if (is_grpc_) {
    request_frames_.feed(bytes);
  }
  queue_request_body(bytes);
}

void Exchange::queue_request_body(std::string_view bytes) {
  if (wire_ == Wire::kHttp1 && request_framing_ == http1::Framing::kChunked) {
    http1::write_chunk(to_upstream_, bytes);
  } else {
    to_upstream_.append(bytes);
  }
}

void Exchange::send_body(inspect::Direction direction, std::string_view bytes) {
  if (direction == inspect::Direction::kRequest) {
    send_request_body(bytes);
  } else {
    send_response_body(bytes);
  }
}

/// Some of the message may leave now.
void Exchange::note_release(inspect::Direction direction) noexcept {
  if (direction == inspect::Direction::kResponse) {
    response_phase_ = response_phase_ == ResponsePhase::kHeld ? ResponsePhase::kBegun : response_phase_;
  } else if (request_phase_ == RequestPhase::kHeld) {
    request_phase_ = RequestPhase::kReleased;
  }
}

/// Asks inspection about `window`. False: refused, fail() was called.
bool Exchange::judge(inspect::Direction direction, const inspect::BodyWindow& window, std::size_t& released) {
  const bool is_request = direction == inspect::Direction::kRequest;
  const auto result = worker_.metrics.timed(is_request ? InspectStage::kRequestBody : InspectStage::kResponseBody,
                                            [&] { return down_.inspection.on_body(direction, window); });
  inspected_.set(down_.inspection.held_bytes());
  if (!result.ok) {
    fail(to_reason(down_.inspection.verdict().reason), {});
    return false;
  }
  released = std::min(result.release, window.bytes.size());
  return true;
}

/// `held` and `fresh` as one window. Where nothing was held the window is `fresh` itself, where it lies.
inspect::BodyWindow Exchange::open_window(inspect::Direction direction, Buffer& held, std::span<char> fresh) {
  inspect::BodyWindow window;
  window.bytes = fresh;
  if (!held.empty()) {
    held.append({fresh.data(), fresh.size()});
    worker_.metrics.counters().hold_bytes += fresh.size();
    window.bytes = held.bytes();
  }
  const bool is_request = direction == inspect::Direction::kRequest;
  window.offset = (is_request ? request_bytes_ : response_bytes_) - window.bytes.size();
  window.fresh = fresh.size();
  return window;
}

/// Judges `held` and `fresh` as one window and sends what is released; the rest is held. False: refused, fail() was
/// called. What would grow while the worker holds all it may is refused, too.
bool Exchange::inspect_window(inspect::Direction direction, Buffer& held, std::span<char> fresh, bool end) {
  const bool in_place = held.empty();
  const std::uint64_t held_before = held.size() + inspected_.bytes();
  auto window = open_window(direction, held, fresh);
  window.end = end;
  std::size_t released = 0;
  if (!judge(direction, window, released)) {
    return false;
  }
  const std::string_view leaves(window.bytes.data(), released);
  if (released != 0) {
    note_release(direction);
  }
  if (const auto& edits = down_.inspection.edits(direction); edits.empty()) {
    send_body(direction, leaves);
  } else {
    edits.write(leaves, window.offset, [&](std::string_view piece) { send_body(direction, piece); });
  }
  auto& hold_bytes = worker_.metrics.counters().hold_bytes;
  if (in_place) {
    const auto kept = window.bytes.subspan(released);
    held.append({kept.data(), kept.size()});
    hold_bytes += kept.size();
  } else {
    held.consume(released);
    hold_bytes -= released;
  }
  if (!end && is_over_memory() && held.size() + inspected_.bytes() > held_before) {
    fail(Reason::kOverload, {});
    return false;
  }
  return true;
}

}  // namespace gabion::proxy
