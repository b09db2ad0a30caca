// One side of a WebSocket as its peer: messages and control frames on their way to it, framed anew.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "inspect/coding/zlib_message.h"
#include "proxy/admin/trace_context.h"
#include "proxy/net/send_queue.h"
#include "proxy/protocol/websocket/frame_decoder.h"
#include "proxy/protocol/websocket/frame_encoder.h"

namespace gabion::proxy {

/// Borrows `out` and `random`. As kClient each frame has a mask of its own.
class WebSocketWriter {
 public:
  enum class Outcome : std::uint8_t { kOk, kFailed };

  WebSocketWriter(SendQueue& out, RandomSource& random, websocket::Sender sender) noexcept
      : out_(out), random_(random), sender_(sender) {}

  /// Messages that came compressed leave compressed. Null: none does.
  void compress_with(std::unique_ptr<inspect::coding::MessageDeflater> deflater) noexcept {
    deflater_ = std::move(deflater);
  }

  /// The next piece of a message, as a frame. kMiddle and nothing to say: no frame. kFailed: out of memory.
  [[nodiscard]] Outcome message(const websocket::FrameDecoder::Message& message, std::string_view text,
                                websocket::Part part);
  /// REQUIRES: at most 125 bytes.
  void control(websocket::Opcode opcode, std::string_view payload);
  void close(std::uint16_t code, std::string_view reason);

  [[nodiscard]] bool closed() const noexcept { return closed_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return deflated_.capacity() + (deflater_ == nullptr ? 0 : deflater_->memory_bytes());
  }

 private:
  void frame(websocket::Opcode opcode, websocket::Part part, websocket::Compression compressed,
             std::string_view payload);

  SendQueue& out_;
  RandomSource& random_;
  websocket::Sender sender_;
  std::unique_ptr<inspect::coding::MessageDeflater> deflater_;
  std::string deflated_;
  bool in_message_ = false;
  bool closed_ = false;  ///< a close frame is queued: nothing may follow
};

}  // namespace gabion::proxy
