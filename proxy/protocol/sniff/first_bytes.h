// Which protocol a client speaks, by the first bytes it sends: yes, no, or not yet.
#pragma once

#include <cstdint>
#include <string_view>

namespace gabion::proxy::sniff {

enum class Spoken : std::uint8_t {
  kNeedMore,  ///< more bytes may make it any of those below
  kHttp1,     ///< a request line, well formed or not: the decoder says
  kHttp2,     ///< the whole preface (RFC 9113 §3.4)
  kTls,       ///< a record with the beginning of a ClientHello
  kPostgres,  ///< a start-up packet of protocol 3, or a request for encryption or cancellation
  kOther,
};

/// Of a prefix of a stream. Once it is not kNeedMore, every longer prefix answers the same: so pieces do not matter.
[[nodiscard]] Spoken spoken(std::string_view prefix) noexcept;

/// Whether servers on this port are known to speak first: who waited for their clients' bytes would wait for ever. 5432
/// is none of them: a client of PostgreSQL speaks first.
[[nodiscard]] bool is_server_first(std::uint16_t port) noexcept;

}  // namespace gabion::proxy::sniff
