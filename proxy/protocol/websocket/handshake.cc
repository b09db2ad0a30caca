// Every field that the handshake knows must be there once: see handshake.h.
#include "proxy/protocol/websocket/handshake.h"

#include <algorithm>

#include "inspect/message.h"

namespace gabion::proxy::websocket {
namespace {

using http1::FieldId;

constexpr std::size_t kMostProtocols = 64;
constexpr std::size_t kKeyBytes = 24;  // 16 bytes in base64

std::vector<std::string_view> fields_of(const http1::Head& head, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& field : head.fields) {
    if (inspect::equals_without_case(field.name, name)) {
      values.push_back(field.value);
    }
  }
  return values;
}

bool connection_upgrades(const http1::Head& head) noexcept {
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (head.ids[i] == FieldId::kConnection && http1::list_contains(head.fields[i].value, "upgrade")) {
      return true;
    }
  }
  return false;
}

bool is_base64(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool is_key(std::string_view key) noexcept {
  constexpr std::string_view kLastOfTwoBits = "AQgw";  // the four bits behind byte 16 are zero
  return key.size() == kKeyBytes && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, is_base64) &&
         kLastOfTwoBits.find(key[kKeyBytes - 3]) != std::string_view::npos;
}

/// False: not tokens, one twice, or too many.
bool read_protocols(const std::vector<std::string_view>& fields, std::vector<std::string_view>& protocols) {
  for (std::string_view field : fields) {
    while (!field.empty()) {
      const auto comma = field.find(',');
      const auto name = http1::trim_ows(field.substr(0, comma));
      field.remove_prefix(comma == std::string_view::npos ? field.size() : comma + 1);
      if (name.empty()) {
        continue;
      }
      const bool known = std::find(protocols.begin(), protocols.end(), name) != protocols.end();
      if (!http1::is_token(name) || known || protocols.size() == kMostProtocols) {
        return false;
      }
      protocols.push_back(name);
    }
  }
  return true;
}

OfferReading malformed(const char* detail) {
  return {OfferStatus::kMalformed, detail, {}};
}

}  // namespace

bool asks_for_websocket(const http1::Head& head) noexcept {
  if (!head.connect_protocol.empty()) {
    return http1::equals_lower(head.connect_protocol, "websocket");
  }
  return std::count(head.ids.begin(), head.ids.end(), FieldId::kUpgrade) == 1 &&
         http1::equals_lower(head.field(FieldId::kUpgrade), "websocket");
}

OfferReading read_offer(const http1::Head& head) {
  const bool upgrades = head.connect_protocol.empty();
  if (head.method != "GET" || head.minor_version == 0 || head.framing != http1::Framing::kNone) {
    return malformed("an upgrade to WebSocket is a GET of HTTP/1.1 without a body");
  }
  if (upgrades && !connection_upgrades(head)) {
    return malformed("Upgrade is not named by Connection");
  }
  const auto versions = fields_of(head, "sec-websocket-version");
  if (versions.size() != 1) {
    return malformed("not one Sec-WebSocket-Version");
  }
  if (versions.front() != "13") {
    return {OfferStatus::kVersion, "Sec-WebSocket-Version is not 13", {}};
  }
  OfferReading reading;
  if (upgrades) {
    const auto keys = fields_of(head, "sec-websocket-key");
    if (keys.size() != 1 || !is_key(keys.front())) {
      return malformed("not one Sec-WebSocket-Key of 16 bytes");
    }
    reading.offer.key = keys.front();
  }
  if (!read_protocols(fields_of(head, "sec-websocket-protocol"), reading.offer.protocols)) {
    return malformed("Sec-WebSocket-Protocol is no list of different tokens");
  }
  auto deflate = read_offers(fields_of(head, "sec-websocket-extensions"));
  if (!deflate) {
    return malformed("Sec-WebSocket-Extensions is malformed");
  }
  reading.offer.deflate = *std::move(deflate);
  return reading;
}

Answer read_switch(const http1::Head& head, const Offer& offer, std::string_view accept) {
  if (!asks_for_websocket(head) || !connection_upgrades(head)) {
    return {.detail = "101 does not switch to websocket", .deflate = {}};
  }
  const auto accepts = fields_of(head, "sec-websocket-accept");
  if (accepts.size() != 1 || accepts.front() != accept) {
    return {.detail = "Sec-WebSocket-Accept does not answer the key", .deflate = {}};
  }
  return read_connect_answer(head, offer);
}

Answer read_connect_answer(const http1::Head& head, const Offer& offer) {
  const auto protocols = fields_of(head, "sec-websocket-protocol");
  if (protocols.size() > 1 || (protocols.size() == 1 && std::find(offer.protocols.begin(), offer.protocols.end(),
                                                                  protocols.front()) == offer.protocols.end())) {
    return {.detail = "Sec-WebSocket-Protocol was not offered", .deflate = {}};
  }
  const auto deflate = read_answer(fields_of(head, "sec-websocket-extensions"), offer.deflate);
  if (!deflate.ok) {
    return {.detail = "Sec-WebSocket-Extensions were not offered", .deflate = {}};
  }
  return {.detail = "", .deflate = deflate.terms};
}

}  // namespace gabion::proxy::websocket
