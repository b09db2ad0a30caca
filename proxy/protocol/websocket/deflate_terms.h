// What permessage-deflate's parameters say, offered and accepted (RFC 7692 §7.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gabion::proxy::websocket {

/// One offer of a client, every parameter understood.
struct DeflateOffer {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<std::uint8_t> server_max_window_bits;
  bool has_client_max_window_bits = false;
  std::optional<std::uint8_t> client_max_window_bits;  ///< only with has_client_max_window_bits

  friend bool operator==(const DeflateOffer&, const DeflateOffer&) = default;
};

/// What both sides agreed on.
struct DeflateTerms {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::uint8_t server_max_window_bits = 15;
  std::uint8_t client_max_window_bits = 15;

  friend bool operator==(const DeflateTerms&, const DeflateTerms&) = default;
};

/// The offers of `fields`, values of Sec-WebSocket-Extensions, that we understand, in their order, at most kMostOffers:
/// other extensions and other parameters are left out. Nothing: the list is against the grammar of RFC 6455 §9.1.
inline constexpr std::size_t kMostOffers = 8;
[[nodiscard]] std::optional<std::vector<DeflateOffer>> read_offers(const std::vector<std::string_view>& fields);

/// As the value of Sec-WebSocket-Extensions; "" for none.
[[nodiscard]] std::string to_field(const std::vector<DeflateOffer>& offers);

/// A service's answer to `offers`. `ok` without `terms`: it wants no extension. !ok: it names what was not offered, or
/// parameters that fit none of them.
struct DeflateAnswer {
  bool ok = false;
  std::optional<DeflateTerms> terms;
};
[[nodiscard]] DeflateAnswer read_answer(const std::vector<std::string_view>& fields,
                                        const std::vector<DeflateOffer>& offers);

}  // namespace gabion::proxy::websocket
