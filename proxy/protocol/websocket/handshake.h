// The way into WebSocket: what a client asks and whether a service's 101 answers it (RFC 6455 §4, RFC 8441 §5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/protocol/http1/head.h"
#include "proxy/protocol/websocket/deflate_terms.h"

namespace gabion::proxy::websocket {

/// Whether the request asks for this upgrade and no other: by Upgrade, or by an extended CONNECT.
[[nodiscard]] bool asks_for_websocket(const http1::Head& head) noexcept;

/// What a client offers. Views are those of the head.
struct Offer {
  std::string_view key;  ///< of an extended CONNECT none: who speaks HTTP/1.1 to the service makes one
  std::vector<std::string_view> protocols;
  std::vector<DeflateOffer> deflate;
};

enum class OfferStatus : std::uint8_t { kOk, kMalformed, kVersion };
struct OfferReading {
  OfferStatus status = OfferStatus::kOk;
  const char* detail = "";
  Offer offer;
};
/// REQUIRES: asks_for_websocket(head).
[[nodiscard]] OfferReading read_offer(const http1::Head& head);

/// `detail` empty: the 101 is an answer to `offer`, whose key's Sec-WebSocket-Accept is `accept`.
struct Answer {
  const char* detail = "";
  std::optional<DeflateTerms> deflate;
};
[[nodiscard]] Answer read_switch(const http1::Head& head, const Offer& offer, std::string_view accept);
/// The same of the head with 2xx that answers an extended CONNECT: there is no key.
[[nodiscard]] Answer read_connect_answer(const http1::Head& head, const Offer& offer);

}  // namespace gabion::proxy::websocket
