// An HTTP/2 client's half: see http2_half.h.
#include "proxy/session/http2_half.h"

#include <algorithm>

namespace gabion::proxy {
namespace {

constexpr std::size_t kPieceBytes = BufferPool::kBlockBytes;  // what one read of HTTP/1 gives at most

}  // namespace

Http2Half::Http2Half(WorkerState& worker, http2::Session& session, const Http2Backlog& backlog) noexcept
    : buffers_(worker.buffers), session_(session), backlog_(backlog), in_(worker.buffers), out_(worker.buffers) {}

void Http2Half::open(http2::StreamId id, std::uint32_t limit_bytes) noexcept {
  id_ = id;
  limit_bytes_ = limit_bytes;
  request_trailers_.clear();
  in_.clear();
  connects_ = trailers_seen_ = end_seen_ = gone_ = false;
  error_ = Reason::kNone;
  error_detail_ = "";
  answer_.clear();
  trailer_block_.clear();
  trailer_views_.clear();
  out_.clear();
  tunnel_.reset();
  body_ = http2::Session::Body::kNone;
  head_pending_ = ended_ = all_sent_ = full_ = false;
  seen_sent_ = total_sent_;
}

http1::DecodeError Http2Half::take_head(http2::FieldBlock& block, const http1::DecoderLimits& limits) {
  // The end may have come in one piece with a body in front of it.
  const bool ends = end_seen_ && in_.empty() && request_trailers_.empty() && error_ == Reason::kNone;
  const auto wrong = request_.parse(block, ends ? http2::HeadEnd::kEndsStream : http2::HeadEnd::kOpen, limits);
  const bool is_connect = wrong == http1::DecodeError::kNone && !head().connect_protocol.empty();
  if (is_connect && trailers_seen_) {  // in one piece with the head
    return http1::DecodeError::kMalformed;
  }
  connects_ = is_connect;
  return wrong;
}

void Http2Half::take_trailers(http2::FieldBlock& block, http2::BlockError error) {
  trailers_seen_ = true;
  if (connects_) {  // RFC 9113 §8.5: DATA and nothing else
    session_.reset(id_, http2::ErrorCode::kProtocolError);
    return;
  }
  request_trailer_block_.swap(block);
  if (error != http2::BlockError::kNone) {
    error_ = Reason::kTrailerTooLarge;
  } else if (!http2::read_request_trailers(request_trailer_block_, request_trailers_)) {
    error_ = Reason::kMalformedRequest;
    error_detail_ = "malformed trailer field";
  }
}

void Http2Half::close(Close how) noexcept {
  gone_ = gone_ || how == Close::kGone;
  if (!in_.empty()) {
    session_.consume_of_connection(in_.size());
    in_.clear();
  }
}

void Http2Half::drop() noexcept {
  if (!in_.empty()) {
    session_.consume_of_connection(in_.size());
  }
  in_.drop();
  out_.drop();
  tunnel_.reset();
  head_pending_ = ended_ = false;  // what is gone is not an end
}

std::uint64_t Http2Half::held_bytes() const noexcept {
  return in_.capacity() + out_.capacity() + (tunnel_ ? tunnel_->in.capacity() + tunnel_->out.capacity() : 0);
}

void Http2Half::release() noexcept {
  in_.drop();
  out_.drop();
  tunnel_.reset();
  request_.release();
}

/// What comes stays in the stream's window until it is taken.
IoResult Http2Half::read(std::span<char> into) noexcept {
  if (gone_) {
    return {IoStatus::kError, 0};
  }
  if (in_.empty()) {
    in_.release();
    return {end_seen_ ? IoStatus::kClosed : IoStatus::kBlocked, 0};
  }
  const std::size_t count = std::min(in_.size(), into.size());
  std::copy_n(in_.view().begin(), count, into.begin());
  in_.consume(count);
  session_.consume(id_, count);
  return {IoStatus::kOk, count};
}

/// The session takes the bytes where they are: outgoing(), note_sent().
IoResult Http2Half::write(std::span<const char> /*bytes*/) noexcept {
  if (gone_) {
    return {IoStatus::kError, 0};
  }
  session_.resume(id_);
  return {IoStatus::kBlocked, 0};
}

TunnelEnd Http2Half::leave_http() {
  tunnel_ = std::make_unique<Tunnel>(buffers_, limit_bytes_);
  [[maybe_unused]] const Flush flushed = flush();  // the head
  return {*this, tunnel_->in, tunnel_->out, tunnel_->bytes_received, tunnel_->bytes_sent};
}

ClientHalf::Step Http2Half::next() {
  if (connects_) {
    return {gone_ ? Event::kClosed : Event::kEnd, {}};
  }
  if (in_.empty()) {
    in_.release();  // the last piece was taken
    const Event event = gone_                     ? Event::kClosed
                        : error_ != Reason::kNone ? Event::kError
                        : end_seen_               ? Event::kEnd
                                                  : Event::kBlocked;
    return {event, {}};
  }
  const auto piece = in_.bytes().first(std::min(in_.size(), kPieceBytes));
  in_.consume(piece.size());
  session_.consume(id_, piece.size());
  return {Event::kBody, piece};
}

std::span<const inspect::HeaderField> Http2Half::listed(const http2::FieldBlock& block) {
  block.list(views_);
  return views_;
}

void Http2Half::send_continue() {
  const inspect::HeaderField fields[] = {{":status", "100"}};
  session_.respond_interim(id_, fields);
}

void Http2Half::send_interim(const http1::Head& head) {
  answer_.clear();
  list_response_fields(answer_, head, {});
  session_.respond_interim(id_, listed(answer_));
}

void Http2Half::send_head(const http1::Head& head, const ResponseFraming& framing) {
  answer_.clear();
  list_response_fields(answer_, head, framing);
  const bool has_none = framing.framing == http1::Framing::kNone && head.status != 101;
  body_ = has_none ? http2::Session::Body::kNone : http2::Session::Body::kFollows;
  head_pending_ = true;
}

void Http2Half::send_end(std::span<const inspect::HeaderField> trailers, BodyFields body) {
  if (body_ == http2::Session::Body::kFollows) {
    list_trailers(trailer_block_, trailers, body);
    trailer_block_.list(trailer_views_);
  }
  ended_ = true;
}

void Http2Half::send_local_reply(const LocalReply& reply) {
  const std::string text = local_reply_text(reply);
  answer_.clear();
  list_local_reply(answer_, reply, text.size());
  head_pending_ = true;
  body_ = reply.answers_head || reply.is_grpc ? http2::Session::Body::kNone : http2::Session::Body::kFollows;
  if (!reply.answers_head) {
    out_.append(text);
  }
  ended_ = true;
}

void Http2Half::take_back() {
  head_pending_ = false;
  out_.clear();
}

bool Http2Half::is_full() noexcept {
  if (tunnel_) {
    return tunnel_->out.is_full();
  }
  full_ = out_.size() >= (full_ ? limit_bytes_ / 2 + 1 : limit_bytes_);
  return full_;
}

ClientHalf::Flush Http2Half::flush() {
  if (gone_) {
    return Flush::kClosed;
  }
  if (head_pending_) {
    head_pending_ = false;
    session_.respond(id_, answer_, body_);
    return Flush::kMoved;
  }
  session_.resume(id_);
  const bool moved = total_sent_ != seen_sent_;
  seen_sent_ = total_sent_;
  return moved ? Flush::kMoved : Flush::kNothing;
}

void Http2Half::note_sent(std::size_t count) noexcept {
  total_sent_ += count;
  if (tunnel_) {
    tunnel_->out.note_sent(count);
    return;
  }
  out_.consume(count);
  if (out_.empty()) {
    out_.release();
  }
}

}  // namespace gabion::proxy
