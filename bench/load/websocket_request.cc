// What a WebSocket client sends: see websocket_request.h.
#include "bench/load/websocket_request.h"

#include <fmt/format.h>

#include <random>

#include "bench/load/request_mix.h"
#include "proxy/protocol/http1/field_id.h"
#include "proxy/protocol/websocket/frame_decoder.h"
#include "proxy/protocol/websocket/frame_encoder.h"
#include "proxy/protocol/websocket/utf8_check.h"

namespace gabion::bench {

namespace websocket = proxy::websocket;

std::string websocket_upgrade(const RequestSpec& spec, std::string_view authority) {
  std::string lines;
  for (const auto& [name, value] : spec.headers) {
    if (proxy::http1::equals_lower(name, "host")) {
      authority = value;
    } else {
      lines += fmt::format("{}: {}\r\n", name, value);
    }
  }
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\n{}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: ",
      spec.path, authority, lines);
}

bool is_websocket_text(std::string_view message) noexcept {
  websocket::Utf8Check check;
  return check.feed(message) && check.is_complete();
}

std::string websocket_frame(std::string_view message) {
  std::random_device random;
  const auto number = random();
  websocket::MaskKey mask;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  const auto opcode = is_websocket_text(message) ? websocket::Opcode::kText : websocket::Opcode::kBinary;
  const websocket::FrameHead head(opcode, websocket::Part::kLast, websocket::Compression::kNone, message.size(), mask);
  std::string frame(head.view());
  const std::size_t payload = frame.size();
  frame.append(message);
  websocket::apply_mask(std::span(frame).subspan(payload), mask, 0);
  return frame;
}

}  // namespace gabion::bench
