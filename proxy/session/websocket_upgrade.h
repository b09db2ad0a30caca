// A request to become a WebSocket, from the client's offer to the service's 101.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/message.h"
#include "proxy/protocol/websocket/handshake.h"

namespace gabion::proxy {

/// Sec-WebSocket-Accept of a key (RFC 6455 §4.2.2).
[[nodiscard]] std::string websocket_accept(std::string_view key);

/// Views the head it was read from: lives as long as its exchange.
struct WebSocketUpgrade {
  websocket::Offer offer;
  std::string extensions;  ///< as offered on; fields of the request view it
  std::string accept;

  explicit WebSocketUpgrade(websocket::Offer its_offer);
  /// Makes `fields`, those of the request that travel on, an upgrade: with Connection and Upgrade, with the extensions
  /// that we understand and no others.
  void amend(std::vector<inspect::HeaderField>& fields) const;
};

}  // namespace gabion::proxy
