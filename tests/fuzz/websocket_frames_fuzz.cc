// Any bytes as WebSocket frames: one reading at any cut, payload held by nobody, and what we write read back.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "proxy/protocol/websocket/frame_encoder.h"
#include "proxy/protocol/websocket/utf8_check.h"
#include "tests/proxy/protocol/websocket/reading.h"

namespace {

using namespace gabion::proxy::websocket;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool is_utf8(std::string_view text, std::size_t piece) {
  Utf8Check check;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!check.feed(text.substr(at, piece))) {
      return false;
    }
  }
  return check.is_complete();
}

/// Payload as a message of two frames of ours.
void require_round_trip(const FrameStream& stream, std::size_t cut) {
  const bool masked = stream.sender == Sender::kClient;
  const std::optional<MaskKey> mask = masked ? std::optional(MaskKey{1, 2, 3, 250}) : std::nullopt;
  std::string sent;
  const std::string payload = stream.bytes;
  const std::string parts[] = {payload.substr(0, cut), payload.substr(std::min(cut, payload.size()))};
  for (int i = 0; i < 2; ++i) {
    std::string body = parts[i];
    if (mask) {
      apply_mask(body, *mask, 0);
    }
    sent += FrameHead(i == 0 ? Opcode::kBinary : Opcode::kContinuation, i == 0 ? Part::kMiddle : Part::kLast,
                      Compression::kNone, body.size(), mask)
                .view();
    sent += body;
  }
  FrameStream ours = stream;
  ours.bytes = sent;
  ours.most_message_bytes = payload.size();
  require(read_frames(ours, 1 + cut) == "binary:" + payload + "|");
}

}  // namespace

/// First byte: where to cut. Second: who sends, whether RSV1 is known, whether messages are small.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  FrameStream stream;
  stream.bytes.assign(data + 2, data + size);
  stream.sender = (data[1] & 1U) != 0 ? Sender::kServer : Sender::kClient;
  stream.compression = (data[1] & 2U) != 0 ? Compression::kDeflate : Compression::kNone;
  stream.most_message_bytes = (data[1] & 4U) != 0 ? 16 : 1 << 20;
  const std::string whole = read_frames(stream, stream.bytes.size() + 1);
  require(read_frames(stream, 1) == whole);
  require(read_frames(stream, 1 + data[0] % 32) == whole);
  require(read_frames_cut(stream, data[0]) == whole);
  require(is_utf8(stream.bytes, 1) == is_utf8(stream.bytes, stream.bytes.size() + 1));
  require_round_trip(stream, data[0]);
  return 0;
}
