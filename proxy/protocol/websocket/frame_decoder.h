// WebSocket frames from bytes to pieces of messages and control frames: sans I/O, the same events however cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proxy/protocol/websocket/frame.h"

namespace gabion::proxy::websocket {

enum class FrameError : std::uint8_t {
  kNone,
  kReservedBits,  ///< RSV2, RSV3, or RSV1 where no extension gives it a meaning
  kReservedOpcode,
  kMaskMissing,    ///< a client's frame without
  kMaskPresent,    ///< a server's frame with
  kControlLength,  ///< more than 125 bytes
  kControlFragmented,
  kLengthForm,       ///< not the shortest form of the length, or its highest bit set
  kContinuation,     ///< continues no message
  kInterrupted,      ///< a new message before the end of the last
  kCloseFrame,       ///< a payload of one byte, or a code nobody may send
  kCloseText,        ///< a reason that is no UTF-8
  kMessageTooLarge,  ///< above the limit
};

/// Static text for logs: "a client's frame is not masked".
[[nodiscard]] std::string_view to_string(FrameError error) noexcept;
/// What the sender is told: 1002, 1007, 1009.
[[nodiscard]] std::uint16_t close_code_of(FrameError error) noexcept;

/// Reads what one side sends. Holds no payload.
class FrameDecoder {
 public:
  enum class Event : std::uint8_t {
    kNeedMore,  ///< give the unconsumed bytes again with more behind them
    kData,      ///< `data` is the next piece of message(), unmasked in place, possibly empty where it `ends`
    kPing,      ///< a whole frame between two frames; `data` is its payload
    kPong,      ///< likewise
    kClose,     ///< likewise, the last event; close_code(), `data` is the reason. What follows is consumed unread
    kError,     ///< error(); nothing more can be read
  };
  struct Step {
    Event event = Event::kNeedMore;
    std::size_t consumed = 0;  ///< always to be dropped from the input's front, once `data` was used
    std::span<char> data = {};
    bool begins = false;  ///< kData: the first piece of a message
    bool ends = false;    ///< kData: the last
  };
  struct Message {
    Opcode opcode = Opcode::kText;  ///< kText or kBinary
    bool compressed = false;        ///< the payload is DEFLATE by RFC 7692
  };

  /// `most_message_bytes`: of a message's payload as it comes.
  FrameDecoder(Sender sender, Compression compression, std::uint64_t most_message_bytes) noexcept
      : sender_(sender), compression_(compression), most_message_bytes_(most_message_bytes) {}

  /// Handles the front of `bytes` up to one event.
  [[nodiscard]] Step next(std::span<char> bytes) noexcept;

  /// Valid from the first kData of a message to that of the next.
  [[nodiscard]] const Message& message() const noexcept { return message_; }
  /// After kClose: 1005 where the frame has none.
  [[nodiscard]] std::uint16_t close_code() const noexcept { return close_code_; }
  [[nodiscard]] FrameError error() const noexcept { return error_; }
  /// Between two messages and no part of a frame seen that needs more bytes.
  [[nodiscard]] bool at_message_start() const noexcept { return state_ == State::kHead && !in_message_; }
  [[nodiscard]] bool is_closed() const noexcept { return state_ == State::kClosed; }

 private:
  enum class State : std::uint8_t { kHead, kPayload, kClosed, kFailed };
  /// A frame's head, read but not judged.
  struct Head {
    std::size_t bytes = 0;  ///< 0: more are needed
    bool fin = false;
    std::uint8_t reserved = 0;
    Opcode opcode = Opcode::kText;
    bool masked = false;
    std::uint64_t length = 0;
    MaskKey mask{};
  };
  [[nodiscard]] static Head read_head(std::span<const char> bytes, FrameError& error) noexcept;
  [[nodiscard]] FrameError check(const Head& head) const noexcept;
  [[nodiscard]] Step begin_frame(std::span<char> bytes) noexcept;
  [[nodiscard]] Step read_payload(std::span<char> bytes, std::size_t skipped) noexcept;
  [[nodiscard]] Step read_control(const Head& head, std::span<char> bytes) noexcept;
  [[nodiscard]] FrameError read_close(std::span<const char> payload) noexcept;
  [[nodiscard]] Step fail(FrameError error) noexcept;

  Sender sender_;
  Compression compression_;
  std::uint64_t most_message_bytes_;
  State state_ = State::kHead;
  Message message_;
  bool in_message_ = false;  ///< a data frame without FIN came
  bool fresh_ = false;       ///< no piece of the message was given yet
  bool last_frame_ = false;  ///< the data frame under way has FIN
  MaskKey mask_{};
  std::uint64_t remaining_ = 0;  ///< of the data frame under way
  std::uint64_t message_bytes_ = 0;
  std::size_t mask_at_ = 0;
  std::uint16_t close_code_ = close_code::kNoStatus;
  FrameError error_ = FrameError::kNone;
};

/// XORs `bytes`, which begin at `at` of a frame's payload, with `key` (RFC 6455 §5.3).
void apply_mask(std::span<char> bytes, const MaskKey& key, std::size_t at) noexcept;

}  // namespace gabion::proxy::websocket
