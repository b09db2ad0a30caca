// One stream of an HTTP/2 client: see http2_stream.h.
#include "proxy/session/http2_stream.h"

#include "proxy/session/http1_half.h"

namespace gabion::proxy {
namespace {

http2::ErrorCode code_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kMalformedRequest:
      return http2::ErrorCode::kProtocolError;
    case Reason::kClientClosed:
      return http2::ErrorCode::kCancel;
    case Reason::kOverloadEnded:
      return http2::ErrorCode::kEnhanceYourCalm;
    default:
      return http2::ErrorCode::kInternalError;
  }
}

}  // namespace

Http2Stream::Http2Stream(WorkerState& worker, Client& client, http2::Session& session, const Http2Backlog& backlog,
                         Http2StreamOwner& owner)
    : worker_(worker),
      session_(session),
      owner_(owner),
      half_(worker, session, backlog),
      down_(worker, client, half_),
      exchange_(worker, down_, *this) {}

void Http2Stream::open(http2::StreamId id, const Downstream& connection) {
  connection_ = &connection;
  take_rules();
  half_.open(id, down_.snapshot->config.limits.buffer_bytes);
  open_ = known_ = true;
  begun_ = head_waits_ = timed_out_ = false;
}

/// The exchange begins behind on_end() if there is one at once: then it knows that no body follows.
void Http2Stream::on_head(http2::FieldBlock& block, http2::BlockError error) {
  head_block_.swap(block);
  head_error_ = error;
  head_waits_ = true;
  owner_.on_stream_ready(*this);
}

void Http2Stream::on_data(std::string_view bytes) {
  half_.take_data(bytes);
  owner_.on_stream_ready(*this);
}

void Http2Stream::on_trailers(http2::FieldBlock& block, http2::BlockError error) {
  half_.take_trailers(block, error);
}

void Http2Stream::on_end() {
  half_.take_end();
  owner_.on_stream_ready(*this);
}

void Http2Stream::on_sent(std::size_t count) {
  half_.note_sent(count);
  owner_.on_stream_ready(*this);
}

void Http2Stream::on_all_sent() {
  half_.note_all_sent();
  owner_.on_stream_ready(*this);
}

void Http2Stream::on_closed(http2::ClosedBy who, http2::ErrorCode /*code*/, std::string_view detail) {
  known_ = false;
  half_.close(who == http2::ClosedBy::kEnd ? Http2Half::Close::kOrderly : Http2Half::Close::kGone);
  if (who == http2::ClosedBy::kUs && !begun_) {
    begun_ = true;
    head_waits_ = false;
    begin_rejected(Reason::kMalformedRequest, detail);
  } else if (who == http2::ClosedBy::kUs && exchange_.running()) {
    exchange_.abort(Reason::kMalformedRequest, detail);
  }
  owner_.on_stream_ready(*this);
}

void Http2Stream::begin(http2::BlockError error) {
  head_waits_ = false;
  begun_ = true;
  take_rules();
  switch (error) {
    case http2::BlockError::kTooLarge:
      return begin_rejected(Reason::kHeaderTooLarge, {});
    case http2::BlockError::kTooMany:
      return begin_rejected(Reason::kTooManyHeaders, {});
    case http2::BlockError::kNone:
      break;
  }
  const auto wrong = half_.take_head(head_block_, decoder_limits(down_.snapshot->config.limits));
  if (wrong != http1::DecodeError::kNone) {
    return begin_rejected(reason_of_request(wrong), half_.head_detail());
  }
  exchange_.begin();
}

/// A header block may have begun under rules that are gone by its end.
void Http2Stream::take_rules() noexcept {
  down_.snapshot = connection_->snapshot;
  down_.plan = connection_->plan;
}

void Http2Stream::begin_rejected(Reason reason, std::string_view detail) {
  take_rules();
  exchange_.begin_rejected(reason, detail);
}

void Http2Stream::on_wake() noexcept {
  owner_.on_stream_woken(*this);
}

void Http2Stream::on_expired() noexcept {
  timed_out_ = true;
  worker_.loop.wake(*this);
}

void Http2Stream::step() {
  if (head_waits_ && half_.is_gone()) {
    head_waits_ = false;
    begun_ = true;
    begin_rejected(Reason::kClientClosed, "reset before it was judged");
  } else if (head_waits_) {
    begin(head_error_);
  }
  if (exchange_.running()) {
    if (timed_out_) {
      if (const auto deadline = exchange_.renewed_deadline(); deadline.at <= worker_.loop.now()) {
        exchange_.abort(deadline.reason);
      }
    }
    timed_out_ = false;
    const auto outcome = exchange_.step();
    if (outcome == Exchange::Outcome::kWaiting) {
      Timer::set(worker_.loop.timers(), exchange_.deadline().at);
      return;
    }
    end(outcome);
  }
  finish_if_over();
}

void Http2Stream::end(Exchange::Outcome outcome) {
  Timer::cancel();
  if (outcome != Exchange::Outcome::kReset && exchange_.reason() == Reason::kNone) {
    session_.note_served();  // mostly its stream is over by now
  }
  if (!known_) {
    return;
  }
  if (outcome == Exchange::Outcome::kReset) {
    // RFC 8441 §5: what a reset of the connection would be.
    session_.reset(half_.id(), half_.is_connect() ? http2::ErrorCode::kCancel : code_of(exchange_.reason()));
    half_.drop();
  } else if (!half_.end_seen()) {
    session_.reset(half_.id(), http2::ErrorCode::kNoError);  // answered; the rest of the request is not wanted
  }
}

void Http2Stream::finish_if_over() {
  if (open_ && !known_ && !exchange_.running() && !head_waits_) {
    open_ = false;
    half_.release();
    owner_.on_stream_over(*this);
  }
}

void Http2Stream::cut(Reason reason) {
  known_ = false;
  half_.close(Http2Half::Close::kGone);
  if (head_waits_) {
    head_waits_ = false;
    begun_ = true;
    begin_rejected(reason == Reason::kNone ? Reason::kClientClosed : reason,
                   "the connection ended before it was judged");
  }
  if (exchange_.running()) {
    if (reason != Reason::kNone) {
      exchange_.abort(reason);
    }
    [[maybe_unused]] const auto outcome = exchange_.step();
  }
  if (exchange_.running()) {  // a WebSocket that would wait for goodbyes
    exchange_.abort(Reason::kClientClosed);
    [[maybe_unused]] const auto outcome = exchange_.step();
  }
  Timer::cancel();
  finish_if_over();
}

void Http2Stream::revalidate(std::chrono::system_clock::time_point now, const Snapshot& snapshot, bool new_snapshot) {
  if (!exchange_.running()) {
    if (new_snapshot && !open_) {
      release();
    }
    return;
  }
  if (!exchange_.upstream_trusted(snapshot, now)) {
    exchange_.abort(Reason::kRootRemoved);
    worker_.loop.wake(*this);
  } else if (new_snapshot && !exchange_.still_allowed(snapshot)) {
    exchange_.abort(Reason::kPolicyChanged);
    worker_.loop.wake(*this);
  }
}

void Http2Stream::list_holder(std::vector<HeldMemory>& held) {
  if (exchange_.running()) {
    held.push_back({this, exchange_.held_bytes() + half_.held_bytes(), exchange_.moved_at()});
  }
}

bool Http2Stream::end_for_memory(std::uint64_t held_bytes) noexcept {
  worker_.loop.wake(*this);
  return exchange_.end_for_memory(held_bytes);
}

void Http2Stream::release() noexcept {
  exchange_.release();
  down_.inspection.forget_snapshot();
  down_.snapshot = worker_.newest_of(down_.snapshot);  // a quiet stream keeps no old one alive
}

}  // namespace gabion::proxy
