// One direction of a WebSocket: frames read, messages inflated, checked, judged, and given on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "inspect/coding/zlib_message.h"
#include "proxy/net/transport.h"
#include "proxy/protocol/websocket/frame_decoder.h"
#include "proxy/protocol/websocket/utf8_check.h"
#include "proxy/session/message_judge.h"
#include "proxy/session/websocket_writer.h"

namespace gabion::proxy {

/// Why a direction cannot go on, and what its sender is told.
struct LaneFailure {
  Reason reason = Reason::kNone;
  std::uint16_t code = 0;
  std::string_view detail = {};  ///< static text
};

/// Used on one worker only; borrows everything it is given.
class WebSocketLane {
 public:
  struct Parts {
    inspect::Direction direction = inspect::Direction::kRequest;
    ByteStream& from;
    Buffer& in;
    SendQueue& out;  ///< where `writer` writes
    WebSocketWriter& writer;
    MessageJudge& judge;
    MessageJudge& control_judge;    ///< of what control frames carry: one may come within a message
    std::uint64_t& bytes_received;  ///< a counter of what the socket gave
  };
  struct Bounds {
    std::uint64_t message_bytes = 0;
    std::uint64_t decoded_bytes = 0;
    std::uint32_t decoded_ratio = 0;
  };
  using OnFound = std::function<void(WebSocketLane&)>;

  /// `inflater` null: no message may be compressed. `on_found` is told after each message, and each control frame
  /// with a payload, that left: judge() has what was found in it.
  WebSocketLane(WorkerState& worker, const Parts& parts, const Bounds& bounds,
                std::unique_ptr<inspect::coding::MessageInflater> inflater, OnFound on_found);

  enum class Progress : std::uint8_t {
    kNone,    ///< nothing can be done now
    kMoved,   ///< something was done
    kFailed,  ///< failure(), told once: from now on what comes is read and dropped
    kClosed,  ///< a close frame came: close_code(), close_reason(); told once
    kGone,    ///< the sender's bytes ended; told once
  };
  /// Reads, judges and gives on one piece. Nothing while the other side's queue is full.
  [[nodiscard]] Progress pump();

  /// What comes is read and dropped, but for a close frame.
  void discard() noexcept { discards_ = true; }

  [[nodiscard]] const LaneFailure& failure() const noexcept { return failure_; }
  [[nodiscard]] std::uint16_t close_code() const noexcept { return decoder_.close_code(); }
  [[nodiscard]] const std::string& close_reason() const noexcept { return close_reason_; }
  [[nodiscard]] bool at_message_start() const noexcept {
    return decoder_.at_message_start() && pending_.empty() && !in_message_;
  }
  /// A close frame came, or no more bytes will, or they cannot be read.
  [[nodiscard]] bool is_over() const noexcept { return over_; }

  [[nodiscard]] inspect::Direction direction() const noexcept { return parts_.direction; }
  [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
  [[nodiscard]] std::uint64_t payload_bytes() const noexcept { return payload_bytes_; }
  /// Its buffers, and what the libraries that compress hold.
  [[nodiscard]] std::uint64_t held_bytes() const noexcept {
    return pending_.capacity() + text_.capacity() + charge_.bytes();
  }
  /// Who judged last.
  [[nodiscard]] MessageJudge& judge() noexcept { return *judge_; }

 private:
  using Decoder = websocket::FrameDecoder;
  [[nodiscard]] Progress read();
  [[nodiscard]] Progress take(const Decoder::Step& step);
  [[nodiscard]] Progress take_data(const Decoder::Step& step);
  [[nodiscard]] Progress take_control(websocket::Opcode opcode, std::span<char> payload);
  [[nodiscard]] Progress take_close(std::span<char> reason);
  [[nodiscard]] MessageJudge::Judged judge_control(MessageKind kind, std::span<char> payload);
  [[nodiscard]] Progress inflate();
  [[nodiscard]] Progress take_text(std::span<char> text, bool end);
  [[nodiscard]] bool check_text(std::string_view text, bool end);
  [[nodiscard]] bool check_inflated(std::size_t produced, inspect::coding::DecodeError error);
  [[nodiscard]] Progress refused();
  [[nodiscard]] Progress fail(const LaneFailure& failure);
  void charge() noexcept;

  WorkerState& worker_;
  Parts parts_;
  Bounds bounds_;
  Decoder decoder_;
  std::unique_ptr<inspect::coding::MessageInflater> inflater_;
  OnFound on_found_;
  MessageJudge* judge_;
  websocket::Utf8Check utf8_;
  Buffer pending_;          ///< compressed, not inflated yet
  Buffer text_;             ///< inflated
  bool ends_ = false;       ///< pending_ is the last of its message
  bool inflating_ = false;  ///< the inflater has not given all of pending_
  bool in_message_ = false;
  bool judge_begun_ = false;
  bool discards_ = false;
  bool over_ = false;
  bool gone_ = false;
  LaneFailure failure_;
  std::string close_reason_;
  std::uint64_t messages_ = 0;
  std::uint64_t payload_bytes_ = 0;     ///< as it came
  std::uint64_t compressed_bytes_ = 0;  ///< of the message
  std::uint64_t text_bytes_ = 0;        ///< of the message, inflated
  Charge charge_;
};

}  // namespace gabion::proxy
