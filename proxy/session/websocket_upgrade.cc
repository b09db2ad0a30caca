// The handshake's arithmetic and its fields on their way to the service: see websocket_upgrade.h.
#include "proxy/session/websocket_upgrade.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
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

std::string websocket_key(std::span<const std::uint8_t, 16> bytes) {
  std::array<unsigned char, 32> coded{};  // 24 and a zero
  const int size = EVP_EncodeBlock(coded.data(), bytes.data(), static_cast<int>(bytes.size()));
  return {reinterpret_cast<const char*>(coded.data()), static_cast<std::size_t>(size)};
}

namespace {

std::string key_for(const websocket::Offer& offer, RandomSource& random) {
  if (!offer.key.empty()) {
    return {};
  }
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return websocket_key(bytes);
}

}  // namespace

WebSocketUpgrade::WebSocketUpgrade(websocket::Offer its_offer, RandomSource& random)
    : offer(std::move(its_offer)),
      own_key(key_for(offer, random)),
      extensions(websocket::to_field(offer.deflate)),
      accept(websocket_accept(own_key.empty() ? offer.key : own_key)) {}

void WebSocketUpgrade::amend(std::vector<inspect::HeaderField>& fields) const {
  constexpr std::string_view kExtensions = "sec-websocket-extensions";
  constexpr std::string_view kKey = "sec-websocket-key";
  std::erase_if(fields, [&](const auto& field) {
    return inspect::equals_without_case(field.name, kExtensions) ||
           (!own_key.empty() && inspect::equals_without_case(field.name, kKey));
  });
  fields.push_back({"connection", "Upgrade"});
  fields.push_back({"upgrade", "websocket"});
  if (!own_key.empty()) {
    fields.push_back({kKey, own_key});
  }
  if (!extensions.empty()) {
    fields.push_back({kExtensions, extensions});
  }
}

}  // namespace gabion::proxy
