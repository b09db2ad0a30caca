// What the load speaks: which HTTP, and what one exchange on it is.
#pragma once

#include <cstdint>

namespace gabion::bench {

enum class HttpVersion : std::uint8_t {
  kHttp1,  ///< HTTP/1.1
  kHttp2,  ///< HTTP/2: by ALPN over TLS, by prior knowledge in plain text; one stream at a time on a connection
};

/// What is sent, answered and measured.
enum class Exchange : std::uint8_t {
  kHttp,       ///< a request and its answer
  kGrpc,       ///< a unary call, in HTTP/2
  kWebSocket,  ///< a message and its echo, on a connection that HTTP/1.1 upgraded (RFC 6455)
};

}  // namespace gabion::bench
