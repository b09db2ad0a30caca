// HTTP/2 on one connection: header blocks that come in, read by hpack_reader.h. See session.h.
// nghttp2 is shown an empty one in place of each, which is what it must know to follow the stream's state.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>

#include "proxy/protocol/http2/field_syntax.h"
#include "proxy/protocol/http2/session_callbacks.h"

namespace gabion::proxy::http2 {
namespace {

/// A block that unfolds to so many times its limit is there to keep us busy: 16 KiB of indices can be 64 MiB of fields.
constexpr std::uint64_t kMostUnfolding = 16;
constexpr std::size_t kMostKeptTail = 4096;

constexpr std::string_view kEmptyTable = "\x20";  // RFC 7541 §6.3

/// A frame of at most that many bytes.
class ShownHead {
 public:
  ShownHead() { put(std::string_view("\0\0\0\0\0\0\0\0\0", HeaderFrames::kFrameHeadBytes)); }
  void put(std::string_view bytes) noexcept {
    bytes.copy(bytes_.data() + size_, bytes.size());
    size_ += bytes.size();
  }
  [[nodiscard]] std::string_view finish(unsigned flags, std::uint32_t stream) noexcept {
    constexpr std::size_t kStreamAt = 5;
    bytes_[2] = static_cast<char>(size_ - HeaderFrames::kFrameHeadBytes);
    bytes_[3] = static_cast<char>(NGHTTP2_HEADERS);
    bytes_[4] = static_cast<char>(flags);
    for (std::size_t i = 0; i < sizeof stream; ++i) {
      bytes_[kStreamAt + i] = static_cast<char>(stream >> (24 - 8 * i));
    }
    return {bytes_.data(), size_};
  }

 private:
  std::array<char, 16> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

bool Session::feed(std::span<const char> bytes, TimePoint now) {
  if (failure_code_ != ErrorCode::kNoError) {
    return false;
  }
  now_ = now;
  paused_ = false;
  fed_cost_ = 0;
  std::string_view rest(bytes.data(), bytes.size());
  read_frames(rest);
  taken_ = deaf_ ? bytes.size() : bytes.size() - rest.size();
  return failure_code_ == ErrorCode::kNoError;
}

void Session::read_frames(std::string_view& rest) {
  using Kind = HeaderFrames::Kind;
  if (tail_is_ready_) {
    read_tail();
  }
  while (failure_code_ == ErrorCode::kNoError && !paused_ && !deaf_) {
    const HeaderFrames::Piece piece = frames_.next(rest);
    switch (piece.kind) {
      case Kind::kMore:
        return;
      case Kind::kPass:
        show(piece.bytes);
        break;
      case Kind::kBegins:
        begin_block();
        break;
      case Kind::kGoesOn:
        note_continuation();
        break;
      case Kind::kFragment:
        read_fragment(rest, piece.bytes);
        break;
      case Kind::kEnds:
        end_block();
        break;
      case Kind::kOutOfOrder:
        fail(ErrorCode::kProtocolError, "another frame within a header block");
        break;
      case Kind::kBadPadding:
        fail(ErrorCode::kProtocolError, "padding longer than its frame");
        break;
      case Kind::kBadSize:
        fail(ErrorCode::kFrameSizeError, "HEADERS or CONTINUATION of a wrong size");
        break;
    }
  }
}

void Session::show(std::string_view bytes) {
  const auto read =
      nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (read < 0) {
    return fail_by(static_cast<int>(read));
  }
  deaf_ = nghttp2_session_want_read(session_.get()) == 0;
  if (deaf_ && failure_code_ == ErrorCode::kNoError && open_streams_ != 0) {
    fail(ErrorCode::kProtocolError, "the peer broke the protocol");
  }
}

void Session::begin_block() noexcept {
  const auto stream = static_cast<StreamId>(frames_.stream());
  block_opens_ = role_ == Role::kServer && stream > newest_block_;
  newest_block_ = std::max(newest_block_, stream);
  block_.clear();
  block_bytes_ = 0;
  block_limit_ = role_ == Role::kServer && !block_opens_ ? limits_.trailer_bytes : limits_.header_bytes;
  block_error_ = BlockError::kNone;
  block_is_refused_ = false;
  in_block_ = true;
  continuations_ = 0;
  fed_cost_ += block_opens_ ? kRequestCost : 0;
  reader_.begin_block();
}

void Session::read_fragment(std::string_view& rest, std::string_view fragment) {
  if (!tail_.empty()) {
    tail_.append(fragment);
    frames_.took(rest, fragment.size());
    return read_tail();
  }
  std::string_view wire = fragment;
  read_fields(wire);
  if (!paused_ && failure_code_ == ErrorCode::kNoError) {
    tail_ = wire;
    wire = {};
  }
  frames_.took(rest, fragment.size() - wire.size());
}

void Session::read_tail() {
  std::string_view wire = tail_;
  read_fields(wire);
  tail_.erase(0, tail_.size() - wire.size());
  tail_is_ready_ = paused_;
}

/// Stops at the beginning of a field, and when the feed() under way has had its share.
void Session::read_fields(std::string_view& wire) {
  inspect::HeaderField field;
  while (failure_code_ == ErrorCode::kNoError && !paused_) {
    switch (reader_.next(wire, field)) {
      case HpackReader::Step::kField:
        take_field(field);
        paused_ = limits_.block_bytes_a_feed != 0 && fed_cost_ >= limits_.block_bytes_a_feed;
        break;
      case HpackReader::Step::kBroken:
        fail(ErrorCode::kCompressionError, "a header block that cannot be decompressed");
        break;
      case HpackReader::Step::kEmpty:
      case HpackReader::Step::kIncomplete:
        return;
    }
  }
}

void Session::take_field(const inspect::HeaderField& field) {
  const std::uint64_t bytes = field.name.size() + field.value.size() + HpackTable::kFieldOverheadBytes;
  block_bytes_ += bytes;
  fed_cost_ += bytes;
  if (block_bytes_ > block_limit_ * kMostUnfolding) {
    fail(ErrorCode::kEnhanceYourCalm, "a header block unfolds to many times its limit");
    return;
  }
  if (block_error_ != BlockError::kNone) {
    return;  // read on, because the compression's table must stay the peer's
  }
  if (block_bytes_ > block_limit_) {
    block_error_ = BlockError::kTooLarge;
  } else if (block_.size() >= limits_.header_count) {
    block_error_ = BlockError::kTooMany;
  } else {
    block_is_refused_ = block_is_refused_ || !is_allowed(field);
    block_.append(field.name, field.value);
  }
}

/// What a request says is looked at by request_head.h, trailers included, an answer's head by response_head.h. Its
/// pseudo-header field comes first.
bool Session::is_allowed(const inspect::HeaderField& field) const noexcept {
  if (role_ == Role::kServer) {
    return limits_.connect_protocol || field.name != ":protocol";
  }
  std::string_view name = field.name;
  if (block_.empty() && name.starts_with(':')) {
    name.remove_prefix(1);
  } else if (block_.empty() || !block_[0].name.starts_with(':')) {
    return is_field_name(name) && is_field_value(field.value) && !is_of_one_connection(http1::field_id(name));
  }
  return is_field_name(name) && is_field_value(field.value);
}

void Session::end_block() {
  if (!tail_.empty() || !reader_.end_block()) {
    return fail(ErrorCode::kCompressionError, "a header block ends too early");
  }
  release_tail();
  ShownHead shown;
  shown.put(frames_.priority());
  if (limits_.hpack_table_bytes < HpackReader::kFirstTableBytes) {
    shown.put(kEmptyTable);  // it waits to be told so
  }
  in_block_ = false;
  unsigned flags = NGHTTP2_FLAG_END_HEADERS;
  if (frames_.ends_stream()) {
    flags |= NGHTTP2_FLAG_END_STREAM;
  }
  if (!frames_.priority().empty()) {
    flags |= NGHTTP2_FLAG_PRIORITY;
  }
  show(shown.finish(flags, frames_.stream()));
}

void Session::release_tail() noexcept {
  if (tail_.empty() && tail_.capacity() > kMostKeptTail) {
    std::string().swap(tail_);
  }
}

}  // namespace gabion::proxy::http2
