// Which HTTP the load speaks.
#pragma once

#include <cstdint>

namespace gabion::bench {

enum class HttpVersion : std::uint8_t {
  kHttp1,  ///< HTTP/1.1
  kHttp2,  ///< HTTP/2: by ALPN over TLS, by prior knowledge in plain text; one stream at a time on a connection
};

}  // namespace gabion::bench
