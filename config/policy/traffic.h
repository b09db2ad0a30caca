// Traffic that a person or a test case asks about: who, to whom, on which port, with which request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/ip_address.h"
#include "config/kube/objects.h"
#include "config/result.h"
#include "config/spiffe_id.h"

namespace gabion::config::policy {

/// One end of traffic, by name and not by address: two pods may share one.
struct End {
  enum class Kind : std::uint8_t {
    kPod,      ///< "shop/web-0"
    kNode,     ///< "node:n1", that host
    kAddress,  ///< "ip:192.0.2.7", an address of nobody: never looked up among pods and nodes
  };
  Kind kind = Kind::kPod;
  std::string text;      ///< as written; equal texts are the same end
  kube::ObjectName pod;  ///< of a kPod
  std::string node;      ///< of a kNode
  IpAddress address;     ///< of a kAddress

  [[nodiscard]] static Result<End> parse(std::string_view text);
};

/// A request as the client sends it: `target` is not normalised yet and may have a query.
struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  std::string host;
  std::vector<std::pair<std::string, std::string>> headers;  ///< a name may appear more than once
};

/// A statement on a connection that speaks PostgreSQL, and who sends it.
struct SqlRequest {
  std::string text;
  std::string user;      ///< login role; empty: rules' users are not compared
  std::string database;  ///< empty: not compared
};

struct Traffic {
  End from;
  End to;
  std::uint16_t port = 0;  ///< of the destination pod, after Service DNAT
  kube::IpProtocol protocol = kube::IpProtocol::kTcp;
  std::optional<HttpRequest> request;  ///< nothing: the connection alone
  std::optional<SpiffeId> identity;    ///< of the certificate `from` shows; nothing: plaintext
  std::optional<SqlRequest> sql = {};  ///< not beside `request`

  /// "shop/web-0 -> shop/orders-0:8080/TCP  GET /orders". Of a statement the user and the database alone: its text may
  /// hold values.
  [[nodiscard]] std::string to_string() const;
};

/// "TCP", "UDP", "SCTP".
[[nodiscard]] Result<kube::IpProtocol> parse_ip_protocol(std::string_view text);

}  // namespace gabion::config::policy
