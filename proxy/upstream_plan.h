// Where a call goes and how it is spoken there: what the pool needs to know of a destination.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/proxy_config.h"
#include "proxy/tls/database_contexts.h"

namespace gabion::proxy {

/// In whose name a gateway calls another one (UpstreamTls::kHop).
struct HopCall {
  config::Endpoint gateway;  ///< dialled in the place of the destination
  config::IpAddress caller;  ///< the pod's address, of the destination's family
  std::string identity;      ///< SPIFFE id of its service account
};

/// What an outbound route or inbound target needs at run time beside its configuration.
struct UpstreamPlan {
  std::string name;  ///< upstream_cluster in logs: the route's or listener's name
  config::Endpoint destination;
  std::string destination_text;  ///< for logs
  std::optional<config::IpAddress> source;
  bool source_is_foreign = false;      ///< `source` is the caller's: dialled with IP_TRANSPARENT and `capture.mark`
  bool leaves_the_node = false;        ///< a gateway's call to no pod of its own: rules keep it from them
  std::shared_ptr<const HopCall> hop;  ///< of kHop
  std::string pool_prefix;             ///< of the pool key: for whom, and until when it may be used
  config::UpstreamTls tls = config::UpstreamTls::kDisable;
  config::UpstreamProtocol protocol = config::UpstreamProtocol::kHttp1;  ///< kAuto only over TLS
  bool protocol_was_said = false;                                        ///< not `auto`: an appProtocol says nothing
  std::vector<config::SpiffeId> server_ids;
  std::shared_ptr<const tls::DatabaseClientContext> database_tls;  ///< PostgreSQL: of kDatabase
  std::string_view cannot_be_called;  ///< of a gateway's pod: why not, a sentence for logs; empty: it can
  std::string pool_key;               ///< equal plans share connections
};

/// What equal plans have in common: the destination, how and as whom it is dialled, and who may answer.
[[nodiscard]] std::string pool_key_of(const UpstreamPlan& plan);

}  // namespace gabion::proxy
