// One line of replay input, read into a request and what was answered to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gabion::yardstick {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Answered {
  int status = 200;
  Fields headers;
  std::string body;
};

struct Asked {
  std::string id;
  std::string method;
  std::string uri;
  std::string version;  ///< as on the wire, "HTTP/1.1"
  Fields headers;
  std::string body;
  std::optional<Answered> response;
};

/// Reads `{id, method, uri, version, headers, body_b64, response}` or `{id, request_b64, response}`.
/// Throws std::runtime_error with what is wrong.
[[nodiscard]] Asked read_line(std::string_view line);

/// Takes the bytes of a request apart as forgivingly as Apache does: bare LF, folded lines, missing parts. The body is
/// what follows the head, without chunk framing where that is whole, cut to Content-Length where there is more.
[[nodiscard]] Asked take_apart(std::string_view bytes);

}  // namespace gabion::yardstick
