// The requests of a run, rendered to bytes once, and the order in which a worker sends them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load/http_version.h"
#include "bench/load/status_set.h"
#include "config/result.h"

namespace gabion::bench {

/// One kind of request, as a mix file or the command line describes it.
struct RequestSpec {
  std::string name;
  std::uint32_t weight = 1;
  std::string method;  ///< empty: GET, of a gRPC call POST
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;  ///< in this order, after Host
  std::string body;
  std::optional<StatusSet> expect;  ///< nothing: what --expect says
};

enum class Reuse : std::uint8_t {
  kKeepAlive,
  kChurn,  ///< a connection for one request; it says so: Connection: close
};

/// What every request of a run has in common.
struct RenderSetting {
  std::string authority;
  StatusSet expect = StatusSet::successes();
  Reuse reuse = Reuse::kKeepAlive;
  HttpVersion version = HttpVersion::kHttp1;
  std::string scheme = "http";
  Exchange exchange = Exchange::kHttp;
};

/// A request as it is sent.
struct Request {
  std::string bytes;                                        ///< HTTP/1.1: all of it; WebSocket: the frame
  std::vector<std::pair<std::string, std::string>> fields;  ///< HTTP/2: pseudo-header fields first
  std::string body;                                         ///< HTTP/2; WebSocket: the message, to be echoed
  bool is_text = false;                                     ///< WebSocket: and not binary
  bool is_head = false;                                     ///< its answer has no body
  StatusSet expect;
};

/// Immutable; shared by the workers.
class RequestMix {
 public:
  static constexpr std::uint32_t kMaxWeight = 1'000;
  static constexpr std::uint32_t kMaxTurns = 10'000;  ///< the weights, brought down to their least form, summed

  /// Errors: two of a header that may be there once, a header this program makes itself, weights beyond kMaxTurns,
  /// no request; what is no gRPC call, or no message of the first request's WebSocket. REQUIRES: weights above 0.
  [[nodiscard]] static config::Result<RequestMix> render(const std::vector<RequestSpec>& specs,
                                                         const RenderSetting& setting);

  /// Turn after turn each request comes as often as its weight says, spread evenly.
  [[nodiscard]] const Request& at(std::size_t turn) const noexcept { return requests_[order_[turn % order_.size()]]; }
  [[nodiscard]] std::size_t turns() const noexcept { return order_.size(); }
  /// WebSocket: how a connection begins; see websocket_request.h.
  [[nodiscard]] const std::string& upgrade() const noexcept { return upgrade_; }

 private:
  std::vector<Request> requests_;
  std::vector<std::uint32_t> order_;
  std::string upgrade_;
};

/// A field a request may carry: a token, and a value without control characters; Content-Length, Transfer-Encoding,
/// Connection and what changes the framing is this program's. Errors have no place.
[[nodiscard]] config::Result<void> check_header(std::string_view name, std::string_view value);

/// A token; CONNECT is refused, because what follows it is no HTTP.
[[nodiscard]] config::Result<void> check_method(std::string_view method);

}  // namespace gabion::bench
