// An offer to go on in HTTP/2 behind a request of HTTP/1.1 (RFC 7540 §3.2; RFC 9113 has it no more, clients do).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/protocol/http1/head.h"

namespace gabion::proxy::http2 {

/// The payload of the client's SETTINGS frame, where `head` offers h2c and nothing else, to the letter. Nothing: the
/// request is answered in HTTP/1.1, which whoever offers must expect. So is one with a body: it would have to be kept
/// until the protocol has changed.
[[nodiscard]] std::optional<std::string> read_h2c_offer(const http1::Head& head);

/// base64url (RFC 4648 §5) without padding, no spare bits set.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

/// A payload that RFC 9113 §6.5.2 allows.
[[nodiscard]] bool is_settings_payload(std::string_view payload) noexcept;

}  // namespace gabion::proxy::http2
