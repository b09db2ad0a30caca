// What a WebSocket client sends: the request to upgrade, and its messages as masked frames, made once for a whole run.
#pragma once

#include <string>
#include <string_view>

namespace gabion::bench {

struct RequestSpec;

/// Up to and with "Sec-WebSocket-Key: ": a key of its own and an empty line make it whole. No extensions, no
/// subprotocol.
[[nodiscard]] std::string websocket_upgrade(const RequestSpec& spec, std::string_view authority);

/// A message of text where it is UTF-8, else binary.
[[nodiscard]] bool is_websocket_text(std::string_view message) noexcept;

/// The message in one frame. Its mask is the same each time the bytes are sent: RFC 6455 §10.3 masks against scripts in
/// a browser that choose what they send, and there are none here.
[[nodiscard]] std::string websocket_frame(std::string_view message);

}  // namespace gabion::bench
