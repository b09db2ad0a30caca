// From one socket's bytes to the other's frames: see websocket_lane.h.
#include "proxy/session/websocket_lane.h"

#include <algorithm>
#include <utility>

#include "inspect/coding/body_decoder.h"

namespace gabion::proxy {
namespace {

using inspect::coding::DecodeError;
using websocket::FrameDecoder;
using websocket::Opcode;
namespace close_code = websocket::close_code;

constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kInflatedBytes = 16 * 1024;

/// What a sender is told of whose message inspection refused.
std::uint16_t close_code_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kHoldLimit:
    case Reason::kScanLimit:
    case Reason::kDecodedBytes:
    case Reason::kDecodedRatio:
    case Reason::kMessageTooLarge:
      return close_code::kTooLarge;
    case Reason::kOverload:
      return close_code::kTryAgainLater;
    default:
      return close_code::kPolicyViolation;
  }
}

websocket::Sender sender_of(inspect::Direction direction) noexcept {
  return direction == inspect::Direction::kRequest ? websocket::Sender::kClient : websocket::Sender::kServer;
}

}  // namespace

WebSocketLane::WebSocketLane(WorkerState& worker, const Parts& parts, const Bounds& bounds,
                             std::unique_ptr<inspect::coding::MessageInflater> inflater, OnFound on_found)
    : worker_(worker),
      parts_(parts),
      bounds_(bounds),
      decoder_(sender_of(parts.direction),
               inflater != nullptr ? websocket::Compression::kDeflate : websocket::Compression::kNone,
               bounds.message_bytes),
      inflater_(std::move(inflater)),
      on_found_(std::move(on_found)),
      judge_(&parts_.judge),
      pending_(worker.buffers),
      text_(worker.buffers),
      charge_(worker.buffers) {
  charge();
}

void WebSocketLane::charge() noexcept {
  charge_.set(parts_.writer.memory_bytes() + (inflater_ == nullptr ? 0 : inflater_->memory_bytes()));
}

WebSocketLane::Progress WebSocketLane::fail(const LaneFailure& failure) {
  failure_ = failure;
  over_ = over_ || decoder_.error() != websocket::FrameError::kNone;  // else its close frame can still be read
  discards_ = true;
  inflating_ = false;
  pending_.drop();
  return Progress::kFailed;
}

WebSocketLane::Progress WebSocketLane::pump() {
  if (gone_) {
    return Progress::kNone;
  }
  if (over_) {  // nothing of it is looked at any more, but for its end
    parts_.in.clear();
    return read();
  }
  if (parts_.out.is_full() && !discards_) {
    return Progress::kNone;
  }
  if (inflating_) {
    return inflate();
  }
  const auto step = decoder_.next(parts_.in.bytes());
  if (step.event == FrameDecoder::Event::kNeedMore) {
    parts_.in.consume(step.consumed);
    return step.consumed != 0 && !parts_.in.empty() ? Progress::kMoved : read();
  }
  const auto progress = take(step);
  parts_.in.consume(step.consumed);
  return progress;
}

WebSocketLane::Progress WebSocketLane::read() {
  const auto result = parts_.from.read(parts_.in.prepare(kReadBytes));
  switch (result.status) {
    case IoStatus::kOk:
      parts_.in.commit(result.bytes);
      parts_.bytes_received += result.bytes;
      return Progress::kMoved;
    case IoStatus::kBlocked:
      parts_.in.release();
      text_.release();
      pending_.release();
      if (at_message_start()) {
        parts_.judge.rest();
        parts_.control_judge.rest();
      }
      return Progress::kNone;
    case IoStatus::kClosed:
    case IoStatus::kError:
      gone_ = over_ = true;
      return Progress::kGone;
  }
  return Progress::kNone;
}

WebSocketLane::Progress WebSocketLane::take(const FrameDecoder::Step& step) {
  switch (step.event) {
    case FrameDecoder::Event::kData:
      return discards_ ? Progress::kMoved : take_data(step);
    case FrameDecoder::Event::kPing:
      return take_control(Opcode::kPing, step.data);
    case FrameDecoder::Event::kPong:
      return take_control(Opcode::kPong, step.data);
    case FrameDecoder::Event::kClose:
      return take_close(step.data);
    case FrameDecoder::Event::kNeedMore:
    case FrameDecoder::Event::kError:
      break;
  }
  const bool too_large = decoder_.error() == websocket::FrameError::kMessageTooLarge;
  return fail({too_large ? Reason::kMessageTooLarge : Reason::kMalformedFrame,
               websocket::close_code_of(decoder_.error()), websocket::to_string(decoder_.error())});
}

/// 125 bytes a frame are enough to carry anything: they are judged like small messages.
MessageJudge::Judged WebSocketLane::judge_control(MessageKind kind, std::span<char> payload) {
  if (payload.empty()) {
    return {.ok = true, .leaves = {payload.data(), payload.size()}};
  }
  judge_ = &parts_.control_judge;
  MessageJudge::Judged judged{.ok = judge_->begin(kind), .leaves = {}};
  return judged.ok ? judge_->take(payload, MessageJudge::Part::kLast) : judged;
}

WebSocketLane::Progress WebSocketLane::take_control(Opcode opcode, std::span<char> payload) {
  if (discards_) {
    return Progress::kMoved;
  }
  const auto judged = judge_control(MessageKind::kBinary, payload);
  if (!judged.ok) {
    return refused();
  }
  parts_.writer.control(opcode, judged.leaves.substr(0, websocket::kMostControlBytes));
  if (!payload.empty()) {
    on_found_(*this);
  }
  return Progress::kMoved;
}

WebSocketLane::Progress WebSocketLane::take_close(std::span<char> reason) {
  over_ = true;
  if (discards_) {
    close_reason_ = {};
    return Progress::kClosed;
  }
  const auto judged = judge_control(MessageKind::kText, reason);
  if (!judged.ok) {
    return refused();
  }
  close_reason_ = judged.leaves;
  if (!reason.empty()) {
    on_found_(*this);
  }
  return Progress::kClosed;
}

WebSocketLane::Progress WebSocketLane::take_data(const FrameDecoder::Step& step) {
  payload_bytes_ += step.data.size();
  if (step.begins) {
    in_message_ = true;
    judge_begun_ = false;
    compressed_bytes_ = text_bytes_ = 0;
    utf8_.reset();
  }
  if (!decoder_.message().compressed) {
    return take_text(step.data, step.ends);
  }
  compressed_bytes_ += step.data.size();
  pending_.append({step.data.data(), step.data.size()});
  ends_ = step.ends;
  inflating_ = true;
  return Progress::kMoved;
}

/// One piece of text a call, so that what expands does not keep others waiting.
WebSocketLane::Progress WebSocketLane::inflate() {
  const auto room = text_.prepare(kInflatedBytes).first(kInflatedBytes);
  auto step = inflater_->decode(pending_.view(), room);
  pending_.consume(step.consumed);
  bool end = false;
  if (step.error == DecodeError::kNone && step.produced < room.size()) {
    inflating_ = false;
    if (ends_) {
      const auto last = inflater_->finish(room.subspan(step.produced));
      step.produced += last.produced;
      step.error = last.error;
      end = step.produced < room.size();
      inflating_ = !end;
    }
  }
  charge();
  if (!check_inflated(step.produced, step.error)) {
    return Progress::kFailed;
  }
  return take_text(room.first(step.produced), end);
}

bool WebSocketLane::check_inflated(std::size_t produced, DecodeError error) {
  text_bytes_ += produced;
  constexpr std::uint64_t kFreeBytes = inspect::coding::BodyDecoder::kFreeBytes;
  LaneFailure failure;
  if (error == DecodeError::kMemory) {
    failure = {Reason::kOverload, close_code::kTryAgainLater, "no memory to inflate a message"};
  } else if (error != DecodeError::kNone) {
    failure = {Reason::kMalformedFrame, close_code::kInvalidPayload, "a compressed message is broken"};
  } else if (text_bytes_ > bounds_.message_bytes) {
    failure = {Reason::kMessageTooLarge, close_code::kTooLarge,
               "a message inflates above limits.websocketMessageBytes"};
  } else if (text_bytes_ > bounds_.decoded_bytes) {
    failure = {Reason::kDecodedBytes, close_code::kTooLarge, "a message inflates above limits.decodedBytes"};
  } else if (text_bytes_ > kFreeBytes && text_bytes_ / bounds_.decoded_ratio > compressed_bytes_) {
    failure = {Reason::kDecodedRatio, close_code::kTooLarge, "a message inflates above limits.decodedRatio"};
  } else {
    return true;
  }
  [[maybe_unused]] const auto failed = fail(failure);
  return false;
}

bool WebSocketLane::check_text(std::string_view text, bool end) {
  return decoder_.message().opcode != Opcode::kText || (utf8_.feed(text) && (!end || utf8_.is_complete()));
}

WebSocketLane::Progress WebSocketLane::take_text(std::span<char> text, bool end) {
  const std::string_view view(text.data(), text.size());
  if (!check_text(view, end)) {
    return fail({Reason::kMalformedFrame, close_code::kInvalidPayload, "a text message is no UTF-8"});
  }
  if (text.empty() && !end) {
    return Progress::kMoved;
  }
  auto& judge = parts_.judge;
  judge_ = &judge;
  if (!judge_begun_) {
    judge_begun_ = true;
    if (!judge.begin(decoder_.message().opcode == Opcode::kText ? kind_of_text(view) : MessageKind::kBinary)) {
      return refused();
    }
  }
  const auto judged = judge.take(text, end ? MessageJudge::Part::kLast : MessageJudge::Part::kMiddle);
  if (!judged.ok) {
    return refused();
  }
  const auto part = end ? websocket::Part::kLast : websocket::Part::kMiddle;
  if (parts_.writer.message(decoder_.message(), judged.leaves, part) != WebSocketWriter::Outcome::kOk) {
    return fail({Reason::kOverload, close_code::kTryAgainLater, "no memory to deflate a message"});
  }
  if (end) {
    in_message_ = false;
    ++messages_;
    auto& counters = worker_.metrics.counters();
    (parts_.direction == inspect::Direction::kRequest ? counters.websocket_request_messages
                                                      : counters.websocket_response_messages) += 1;
    charge();
    on_found_(*this);
  }
  return Progress::kMoved;
}

WebSocketLane::Progress WebSocketLane::refused() {
  const Reason reason = judge_->reason();
  return fail({reason, close_code_of(reason), {}});
}

}  // namespace gabion::proxy
