// A request to become a WebSocket, from the client's offer to the service's 101.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/message.h"
#include "proxy/admin/trace_context.h"
#include "proxy/protocol/websocket/handshake.h"

namespace gabion::proxy {

/// Sec-WebSocket-Accept of a key (RFC 6455 §4.2.2).
[[nodiscard]] std::string websocket_accept(std::string_view key);

/// A key of these bytes.
[[nodiscard]] std::string websocket_key(std::span<const std::uint8_t, 16> bytes);

/// Views the head it was read from: lives as long as its exchange.
struct WebSocketUpgrade {
  websocket::Offer offer;
  std::string own_key;     ///< where the client has none: of an extended CONNECT
  std::string extensions;  ///< as offered on; fields of the request view it
  std::string accept;

  /// `random` makes a key where the offer has none.
  WebSocketUpgrade(websocket::Offer its_offer, RandomSource& random);
  /// Makes `fields`, those of the request that travel on, an upgrade: with Connection and Upgrade, with the key, with
  /// the extensions that we understand and no others.
  void amend(std::vector<inspect::HeaderField>& fields) const;
};

}  // namespace gabion::proxy
