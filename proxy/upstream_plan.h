// Where a call goes and how it is spoken there: what the pool needs to know of a destination.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/proxy_config.h"
#include "proxy/tls/database_contexts.h"

namespace gabion::proxy {

/// What an outbound route or inbound target needs at run time beside its configuration.
struct UpstreamPlan {
  std::string name;  ///< upstream_cluster in logs: the route's or listener's name
  config::Endpoint destination;
  std::string destination_text;  ///< for logs
  std::optional<config::IpAddress> source;
  config::UpstreamTls tls = config::UpstreamTls::kDisable;
  config::UpstreamProtocol protocol = config::UpstreamProtocol::kHttp1;  ///< kAuto only over TLS
  bool protocol_was_said = false;                                        ///< not `auto`: an appProtocol says nothing
  std::vector<config::SpiffeId> server_ids;
  std::shared_ptr<const tls::DatabaseClientContext> database_tls;  ///< PostgreSQL: of kDatabase
  std::string pool_key;                                            ///< equal plans share connections
};

/// What equal plans have in common: the destination, how and as whom it is dialled, and who may answer.
[[nodiscard]] std::string pool_key_of(const UpstreamPlan& plan);

}  // namespace gabion::proxy
