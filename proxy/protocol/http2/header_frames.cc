// Finds the header blocks among the frames of an HTTP/2 connection: see header_frames.h.
#include "proxy/protocol/http2/header_frames.h"

#include <algorithm>

namespace gabion::proxy::http2 {
namespace {

constexpr std::uint8_t kHeaders = 0x1;
constexpr std::uint8_t kContinuation = 0x9;
constexpr std::uint32_t kReservedBit = 0x80000000U;

std::uint32_t byte_at(const char* at) noexcept {
  return static_cast<unsigned char>(*at);
}

}  // namespace

HeaderFrames::Head HeaderFrames::read_head(const char* at) noexcept {
  constexpr std::size_t kStreamAt = 5;
  Head head{};
  head.bytes = byte_at(at) << 16U | byte_at(at + 1) << 8U | byte_at(at + 2);
  head.type = static_cast<std::uint8_t>(at[3]);
  head.flags = static_cast<std::uint8_t>(at[4]);
  for (std::size_t i = 0; i < sizeof head.stream; ++i) {
    head.stream = head.stream << 8U | byte_at(at + kStreamAt + i);
  }
  head.stream &= ~kReservedBit;
  return head;
}

/// A CONTINUATION out of place passes, as what is too large does. Within a block everything is.
bool HeaderFrames::is_ours(const Head& head) const noexcept {
  return in_block_ || (head.type == kHeaders && head.bytes <= kMostFrameBytes);
}

HeaderFrames::Kind HeaderFrames::begin_frame(const Head& head) noexcept {
  fragment_left_ = head.bytes;
  padding_left_ = 0;
  ends_block_ = (head.flags & kEndHeaders) != 0;
  state_ = State::kFragment;
  if (in_block_) {
    if (head.type != kContinuation || head.stream != stream_) {
      return Kind::kOutOfOrder;
    }
    return head.bytes > kMostFrameBytes ? Kind::kBadSize : Kind::kGoesOn;
  }
  in_block_ = true;
  stream_ = head.stream;
  flags_ = head.flags;
  prefix_used_ = 0;
  prefix_bytes_ = ((flags_ & kPadded) != 0 ? 1 : 0) + ((flags_ & kPriority) != 0 ? kPriorityBytes : 0);
  if (prefix_bytes_ > head.bytes) {
    return Kind::kBadSize;
  }
  if (prefix_bytes_ != 0) {
    state_ = State::kPrefix;
  }
  return Kind::kBegins;
}

/// As many other frames as are there in one piece.
HeaderFrames::Piece HeaderFrames::take_frames(std::string_view& bytes) noexcept {
  std::size_t passed = 0;
  while (true) {
    const std::size_t more = std::min(passing_, bytes.size() - passed);
    passed += more;
    passing_ -= more;
    if (bytes.size() - passed < kFrameHeadBytes) {
      break;
    }
    const Head head = read_head(bytes.data() + passed);
    if (is_ours(head)) {
      break;
    }
    passing_ = kFrameHeadBytes + head.bytes;
  }
  if (passed == 0) {
    return take_head(bytes);
  }
  const Piece piece{Kind::kPass, bytes.substr(0, passed)};
  bytes.remove_prefix(passed);
  return piece;
}

/// At a frame's beginning: one of ours, or one whose head is not there in one piece.
HeaderFrames::Piece HeaderFrames::take_head(std::string_view& bytes) noexcept {
  const std::size_t count = bytes.copy(head_.data() + head_used_, kFrameHeadBytes - head_used_);
  head_used_ += count;
  bytes.remove_prefix(count);
  if (head_used_ < kFrameHeadBytes) {
    return {};
  }
  head_used_ = 0;
  const Head head = read_head(head_.data());
  if (is_ours(head)) {
    return {begin_frame(head), {}};
  }
  passing_ = head.bytes;
  return {Kind::kPass, {head_.data(), kFrameHeadBytes}};
}

bool HeaderFrames::take_prefix(std::string_view& bytes) noexcept {
  const std::size_t count = bytes.copy(prefix_.data() + prefix_used_, prefix_bytes_ - prefix_used_);
  prefix_used_ += count;
  bytes.remove_prefix(count);
  if (prefix_used_ < prefix_bytes_) {
    return false;
  }
  fragment_left_ -= prefix_bytes_;
  padding_left_ = (flags_ & kPadded) != 0 ? byte_at(prefix_.data()) : 0;
  state_ = State::kFragment;
  return true;
}

HeaderFrames::Piece HeaderFrames::next(std::string_view& bytes) noexcept {
  if (state_ == State::kPrefix) {
    if (!take_prefix(bytes)) {
      return {};
    }
    if (padding_left_ > fragment_left_) {
      return {Kind::kBadPadding, {}};
    }
    fragment_left_ -= padding_left_;
  }
  if (state_ == State::kFragment) {
    if (fragment_left_ != 0) {
      return bytes.empty() ? Piece{} : Piece{Kind::kFragment, bytes.substr(0, fragment_left_)};
    }
    state_ = State::kPadding;
  }
  if (state_ == State::kPadding) {
    const std::size_t count = std::min(padding_left_, bytes.size());
    bytes.remove_prefix(count);
    padding_left_ -= count;
    if (padding_left_ != 0) {
      return {};
    }
    state_ = State::kFrames;
    if (ends_block_) {
      in_block_ = false;
      return {Kind::kEnds, {}};
    }
  }
  if (bytes.empty()) {
    return {};
  }
  return head_used_ != 0 ? take_head(bytes) : take_frames(bytes);
}

void HeaderFrames::took(std::string_view& bytes, std::size_t count) noexcept {
  bytes.remove_prefix(count);
  fragment_left_ -= count;
}

std::string_view HeaderFrames::priority() const noexcept {
  if ((flags_ & kPriority) == 0) {
    return {};
  }
  return {prefix_.data() + (prefix_bytes_ - kPriorityBytes), kPriorityBytes};
}

}  // namespace gabion::proxy::http2
