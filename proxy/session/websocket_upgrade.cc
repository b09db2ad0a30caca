// The handshake's arithmetic and its fields on their way to the service: see websocket_upgrade.h.
#include "proxy/session/websocket_upgrade.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <utility>

namespace gabion::proxy {

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 32> coded{};  // 28 and a zero
  const int size = EVP_EncodeBlock(coded.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(coded.data()), static_cast<std::size_t>(size)};
}

WebSocketUpgrade::WebSocketUpgrade(websocket::Offer its_offer)
    : offer(std::move(its_offer)),
      extensions(websocket::to_field(offer.deflate)),
      accept(websocket_accept(offer.key)) {}

void WebSocketUpgrade::amend(std::vector<inspect::HeaderField>& fields) const {
  constexpr std::string_view kExtensions = "sec-websocket-extensions";
  std::erase_if(fields,
                [kExtensions](const auto& field) { return inspect::equals_without_case(field.name, kExtensions); });
  fields.push_back({"connection", "Upgrade"});
  fields.push_back({"upgrade", "websocket"});
  if (!extensions.empty()) {
    fields.push_back({kExtensions, extensions});
  }
}

}  // namespace gabion::proxy
