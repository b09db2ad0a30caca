// One line of replay input: a request as fields or as raw bytes, maybe with the answer to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"

namespace gabion::proxy::waf {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  std::uint16_t status = 200;
  Fields headers;
  std::string body;
};

struct Request {
  std::string id;
  std::string method;
  std::string uri;
  std::string version;  ///< as on the wire, "HTTP/1.1"
  Fields headers;
  std::string body;
  std::optional<Answer> response;
  std::string refused;  ///< why the proxy would not take the raw bytes; empty: it would, or there were none
};

/// Who reads raw bytes. kStrict: the proxy's own codec; what it refuses is not judged. kLenient: the forgiving reading
/// of take_apart(), so that also broken requests of test suites can be judged.
enum class RawReading : std::uint8_t { kStrict, kLenient };

/// `{id, request_b64}` or `{id, method, uri, version, headers: [[name, value]], body_b64}`, both with an optional
/// `response: {status, headers, body_b64}`. Other members are ignored. Error: no JSON, or a member is wrong.
[[nodiscard]] config::Result<Request> read_request(std::string_view line, RawReading reading);

/// Raw bytes as forgiving servers read them: bare LF, folded lines, missing parts. The body is what follows the head:
/// chunk framing taken off where it is whole, cut to Content-Length where there is more.
void take_apart(std::string_view bytes, Request& request);

}  // namespace gabion::proxy::waf
