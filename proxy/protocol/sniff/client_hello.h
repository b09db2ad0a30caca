// A TLS ClientHello that is only looked at: whose it is, the mesh's or the application's.
#pragma once

#include <cstdint>
#include <string_view>

namespace gabion::proxy::sniff {

enum class HelloReading : std::uint8_t {
  kNeedMore,
  kWhole,
  kUnreadable,  ///< not a ClientHello, broken, longer than a record, or in several
};

struct ClientHello {
  std::string_view server_name;  ///< RFC 6066 §3; empty: none
  std::string_view protocols;    ///< ALPN list: each name with its length before it (RFC 7301); empty: none
};

/// Reads the record that `bytes` begin with. `hello` views `bytes`.
[[nodiscard]] HelloReading read_client_hello(std::string_view bytes, ClientHello& hello) noexcept;

/// Whether a list of ALPN names begins one with `prefix`.
[[nodiscard]] bool offers_prefix(std::string_view protocols, std::string_view prefix) noexcept;

}  // namespace gabion::proxy::sniff
