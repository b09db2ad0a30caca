// Heads are read whole, payload as it comes: see frame_decoder.h.
#include "proxy/protocol/websocket/frame_decoder.h"

#include <algorithm>
#include <cstring>

#include "proxy/protocol/websocket/utf8_check.h"

namespace gabion::proxy::websocket {
namespace {

constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kReserved1 = 0x40;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;

bool is_control(Opcode opcode) noexcept {
  return static_cast<std::uint8_t>(opcode) >= 0x8;
}

bool is_known(Opcode opcode) noexcept {
  switch (opcode) {
    case Opcode::kContinuation:
    case Opcode::kText:
    case Opcode::kBinary:
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      return true;
  }
  return false;
}

std::uint64_t big_endian(std::span<const char> bytes) noexcept {
  std::uint64_t value = 0;
  for (const char byte : bytes) {
    value = value << 8U | static_cast<std::uint8_t>(byte);
  }
  return value;
}

FrameDecoder::Event event_of(Opcode opcode) noexcept {
  return opcode == Opcode::kPing   ? FrameDecoder::Event::kPing
         : opcode == Opcode::kPong ? FrameDecoder::Event::kPong
                                   : FrameDecoder::Event::kClose;
}

}  // namespace

std::string_view to_string(FrameError error) noexcept {
  switch (error) {
    case FrameError::kNone:
      return "";
    case FrameError::kReservedBits:
      return "a frame has reserved bits";
    case FrameError::kReservedOpcode:
      return "a frame has a reserved opcode";
    case FrameError::kMaskMissing:
      return "a client's frame is not masked";
    case FrameError::kMaskPresent:
      return "a server's frame is masked";
    case FrameError::kControlLength:
      return "a control frame has more than 125 bytes";
    case FrameError::kControlFragmented:
      return "a control frame is fragmented";
    case FrameError::kLengthForm:
      return "a frame's length is not in its shortest form";
    case FrameError::kContinuation:
      return "a frame continues no message";
    case FrameError::kInterrupted:
      return "a message begins before the end of the last";
    case FrameError::kCloseFrame:
      return "a close frame has no valid code";
    case FrameError::kCloseText:
      return "a close frame's reason is no UTF-8";
    case FrameError::kMessageTooLarge:
      return "a message is above limits.websocketMessageBytes";
  }
  return "";
}

std::uint16_t close_code_of(FrameError error) noexcept {
  return error == FrameError::kMessageTooLarge ? close_code::kTooLarge
         : error == FrameError::kCloseText     ? close_code::kInvalidPayload
                                               : close_code::kProtocolError;
}

void apply_mask(std::span<char> bytes, const MaskKey& key, std::size_t at) noexcept {
  std::size_t i = 0;
  MaskKey turned{};
  for (std::size_t k = 0; k < turned.size(); ++k) {
    turned[k] = key[(at + k) % key.size()];
  }
  std::uint32_t half = 0;
  std::memcpy(&half, turned.data(), sizeof(half));
  const std::uint64_t word = std::uint64_t{half} << 32U | half;  // the same in either byte order
  for (; bytes.size() - i >= sizeof(word); i += sizeof(word)) {
    std::uint64_t text = 0;
    std::memcpy(&text, bytes.data() + i, sizeof(text));
    text ^= word;
    std::memcpy(bytes.data() + i, &text, sizeof(text));
  }
  for (; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(static_cast<std::uint8_t>(bytes[i]) ^ turned[i % turned.size()]);
  }
}

FrameDecoder::Step FrameDecoder::fail(FrameError error) noexcept {
  state_ = State::kFailed;
  error_ = error;
  return {.event = Event::kError};
}

FrameDecoder::Step FrameDecoder::next(std::span<char> bytes) noexcept {
  switch (state_) {
    case State::kHead:
      return begin_frame(bytes);
    case State::kPayload:
      return read_payload(bytes, 0);
    case State::kClosed:
      return {.event = Event::kNeedMore, .consumed = bytes.size()};
    case State::kFailed:
      return {.event = Event::kError};
  }
  return {.event = Event::kError};
}

/// Judges the form as early as its bytes are there, so that the answer is the same at every cut.
FrameDecoder::Head FrameDecoder::read_head(std::span<const char> bytes, FrameError& error) noexcept {
  Head head;
  if (bytes.size() < 2) {
    return head;
  }
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  head.fin = (first & kFin) != 0;
  head.reserved = first & kReserved;
  head.opcode = static_cast<Opcode>(first & 0x0FU);
  head.masked = (second & kMasked) != 0;
  const std::uint8_t short_length = second & 0x7FU;
  const std::size_t extended = short_length == kLength64 ? 8 : short_length == kLength16 ? 2 : 0;
  head.length = short_length;
  if (is_control(head.opcode) && short_length > kMostControlBytes) {
    error = FrameError::kControlLength;
    return head;
  }
  const std::size_t size = 2 + extended + (head.masked ? head.mask.size() : 0);
  if (bytes.size() < size) {
    return head;
  }
  if (extended != 0) {
    head.length = big_endian(bytes.subspan(2, extended));
    const std::uint64_t least = extended == 2 ? kLength16 : 0x10000U;
    if (head.length < least || head.length >> 63U != 0) {
      error = FrameError::kLengthForm;
      return head;
    }
  }
  if (head.masked) {
    std::memcpy(head.mask.data(), bytes.data() + 2 + extended, head.mask.size());
  }
  head.bytes = size;
  return head;
}

FrameError FrameDecoder::check(const Head& head) const noexcept {
  if (!is_known(head.opcode)) {
    return FrameError::kReservedOpcode;
  }
  const bool begins = head.opcode == Opcode::kText || head.opcode == Opcode::kBinary;
  const bool may_compress = compression_ == Compression::kDeflate && begins;
  if ((head.reserved & ~(may_compress ? kReserved1 : 0)) != 0) {
    return FrameError::kReservedBits;
  }
  if (head.masked != (sender_ == Sender::kClient)) {
    return head.masked ? FrameError::kMaskPresent : FrameError::kMaskMissing;
  }
  if (is_control(head.opcode)) {
    return head.fin ? FrameError::kNone : FrameError::kControlFragmented;
  }
  if (begins == in_message_) {
    return begins ? FrameError::kInterrupted : FrameError::kContinuation;
  }
  const std::uint64_t so_far = begins ? 0 : message_bytes_;
  return head.length > most_message_bytes_ - so_far ? FrameError::kMessageTooLarge : FrameError::kNone;
}

FrameDecoder::Step FrameDecoder::begin_frame(std::span<char> bytes) noexcept {
  FrameError error = FrameError::kNone;
  const Head head = read_head(bytes, error);
  if (error != FrameError::kNone) {
    return fail(error);
  }
  if (head.bytes == 0) {
    return {};
  }
  if (const FrameError wrong = check(head); wrong != FrameError::kNone) {
    return fail(wrong);
  }
  if (is_control(head.opcode)) {
    return read_control(head, bytes);
  }
  if (head.opcode != Opcode::kContinuation) {
    message_ = {head.opcode, (head.reserved & kReserved1) != 0};
    message_bytes_ = 0;
    fresh_ = true;
  }
  message_bytes_ += head.length;
  remaining_ = head.length;
  mask_ = head.mask;
  mask_at_ = 0;
  last_frame_ = head.fin;
  in_message_ = true;
  state_ = State::kPayload;
  return read_payload(bytes.subspan(head.bytes), head.bytes);
}

/// `skipped` bytes of the input stood before `bytes`.
FrameDecoder::Step FrameDecoder::read_payload(std::span<char> bytes, std::size_t skipped) noexcept {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
  Step step;
  step.data = bytes.first(size);
  step.consumed = skipped + size;
  if (sender_ == Sender::kClient) {
    apply_mask(step.data, mask_, mask_at_);
    mask_at_ = (mask_at_ + size) % mask_.size();
  }
  remaining_ -= size;
  if (remaining_ == 0) {
    state_ = State::kHead;
    step.ends = last_frame_;
    in_message_ = !last_frame_;
  }
  if (size != 0 || step.ends) {
    step.event = Event::kData;
    step.begins = fresh_;
    fresh_ = false;
  }
  return step;
}

FrameDecoder::Step FrameDecoder::read_control(const Head& head, std::span<char> bytes) noexcept {
  const auto length = static_cast<std::size_t>(head.length);
  if (bytes.size() < head.bytes + length) {
    return {};
  }
  Step step;
  step.event = event_of(head.opcode);
  step.consumed = head.bytes + length;
  step.data = bytes.subspan(head.bytes, length);
  if (head.masked) {
    apply_mask(step.data, head.mask, 0);
  }
  if (head.opcode == Opcode::kClose) {
    if (const FrameError error = read_close(step.data); error != FrameError::kNone) {
      return fail(error);
    }
    step.data = step.data.subspan(std::min<std::size_t>(2, length));
    state_ = State::kClosed;
  }
  return step;
}

FrameError FrameDecoder::read_close(std::span<const char> payload) noexcept {
  if (payload.empty()) {
    return FrameError::kNone;
  }
  if (payload.size() == 1) {
    return FrameError::kCloseFrame;
  }
  const auto code = static_cast<std::uint16_t>(big_endian(payload.first(2)));
  if (!is_close_code(code)) {
    return FrameError::kCloseFrame;
  }
  Utf8Check check;
  if (!check.feed({payload.data() + 2, payload.size() - 2}) || !check.is_complete()) {
    return FrameError::kCloseText;
  }
  close_code_ = code;
  return FrameError::kNone;
}

}  // namespace gabion::proxy::websocket
