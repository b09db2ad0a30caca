// Frames made anew: see websocket_writer.h.
#include "proxy/session/websocket_writer.h"

#include <cstring>

namespace gabion::proxy {

using websocket::Compression;
using websocket::Opcode;
using websocket::Part;

void WebSocketWriter::frame(Opcode opcode, Part part, Compression compressed, std::string_view payload) {
  std::optional<websocket::MaskKey> mask;
  if (sender_ == websocket::Sender::kClient) {
    random_.fill(mask.emplace());
  }
  out_.append(websocket::FrameHead(opcode, part, compressed, payload.size(), mask).view());
  if (payload.empty()) {
    return;
  }
  const auto room = out_.prepare(payload.size()).first(payload.size());
  std::memcpy(room.data(), payload.data(), payload.size());
  if (mask) {
    websocket::apply_mask(room, *mask, 0);
  }
  out_.commit(payload.size());
}

WebSocketWriter::Outcome WebSocketWriter::message(const websocket::FrameDecoder::Message& message,
                                                  std::string_view text, Part part) {
  constexpr std::size_t kMostKept = 64 * 1024;
  if (closed_ || (text.empty() && part == Part::kMiddle)) {
    return Outcome::kOk;
  }
  const bool compresses = message.compressed && deflater_ != nullptr;
  std::string_view payload = text;
  if (compresses) {
    const auto way = part == Part::kLast ? inspect::coding::MessageDeflater::Part::kLast
                                         : inspect::coding::MessageDeflater::Part::kMiddle;
    deflated_.clear();
    if (!deflater_->encode(text, way, deflated_)) {
      return Outcome::kFailed;
    }
    payload = deflated_;
  }
  frame(in_message_ ? Opcode::kContinuation : message.opcode, part,
        compresses && !in_message_ ? Compression::kDeflate : Compression::kNone, payload);
  in_message_ = part == Part::kMiddle;
  if (deflated_.capacity() > kMostKept) {
    deflated_ = std::string();
  }
  return Outcome::kOk;
}

void WebSocketWriter::control(Opcode opcode, std::string_view payload) {
  if (!closed_) {
    frame(opcode, Part::kLast, Compression::kNone, payload);
  }
}

void WebSocketWriter::close(std::uint16_t code, std::string_view reason) {
  control(Opcode::kClose, websocket::ClosePayload(code, reason).view());
  closed_ = true;
}

}  // namespace gabion::proxy
