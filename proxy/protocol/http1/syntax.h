// Small grammars of RFC 9110 and 9112 that llhttp 8.1 reads more laxly, or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gabion::proxy::http1 {

/// method SP target SP "HTTP/1." DIGIT (RFC 9112 §3). llhttp 8.1 also reads "RTSP/1.0", "ICE/1.0" and more blanks.
[[nodiscard]] bool is_request_line(std::string_view line, std::string_view method, std::string_view target) noexcept;

/// "HTTP/1." DIGIT SP 3DIGIT, then SP or nothing (RFC 9112 §4). llhttp 8.1 also reads "0200" and "2".
[[nodiscard]] bool is_status_line(std::string_view line) noexcept;

/// host [":" port] (RFC 9110 §4.2): no user info, no path, no blanks; brackets around an IPv6 address only, without
/// zone.
[[nodiscard]] bool is_authority(std::string_view text) noexcept;

/// Content-Length (RFC 9110 §8.6): digits only, at most 19, which always fit; no sign, list or blank.
[[nodiscard]] std::optional<std::uint64_t> parse_content_length(std::string_view text) noexcept;

}  // namespace gabion::proxy::http1
