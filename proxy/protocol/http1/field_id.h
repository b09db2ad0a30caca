// The field names the proxy itself acts on, told apart once so that later steps compare numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace gabion::proxy::http1 {

enum class FieldId : std::uint8_t {
  kOther,
  kAcceptEncoding,
  kConnection,
  kContentEncoding,
  kContentLength,
  kExpect,
  kForwardedClientCert,  ///< X-Forwarded-Client-Cert
  kForwardedFor,         ///< X-Forwarded-For
  kHost,
  kHttp2Settings,
  kKeepAlive,
  kProxyAuthorization,
  kProxyConnection,
  kRange,
  kRequestId,  ///< X-Request-Id
  kTe,
  kTraceparent,
  kTracestate,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
};

/// Without case.
[[nodiscard]] FieldId field_id(std::string_view name) noexcept;

/// ASCII, without case. `lower` is already lower case.
[[nodiscard]] bool equals_lower(std::string_view text, std::string_view lower) noexcept;

/// RFC 9110 §5.6.2 tchar, at least one.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// True if the comma-separated list holds `lower` without case (RFC 9110 §5.6.1).
[[nodiscard]] bool list_contains(std::string_view list, std::string_view lower) noexcept;

/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trim_ows(std::string_view text) noexcept;

}  // namespace gabion::proxy::http1
