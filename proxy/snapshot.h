// Everything made from one reading of the configuration: immutable, shared by all workers, swapped whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "config/proxy_config.h"
#include "inspect/snapshot.h"
#include "proxy/database_secret.h"
#include "proxy/tls/contexts.h"
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
  std::vector<config::SpiffeId> server_ids;
  std::shared_ptr<const tls::DatabaseClientContext> database_tls;  ///< PostgreSQL: of kDatabase
  std::string pool_key;                                            ///< equal plans share connections
};

/// Who an outbound route calls, as egress rules see it.
[[nodiscard]] inspect::ConnectionFacts egress_facts(const config::RouteConfig& route) noexcept;

/// One listener: an inbound port or an outbound listener.
struct ListenerPlan {
  inspect::Side side = inspect::Side::kIngress;
  std::string name;
  config::Endpoint listen;
  config::Protocol protocol = config::Protocol::kHttp;
  config::TlsMode tls = config::TlsMode::kDisable;
  std::uint16_t port = 0;  ///< inbound: the workload's port
  config::WebSocketMode websocket = config::WebSocketMode::kRefuse;
  std::size_t profile = 0;
  std::vector<config::RouteConfig> routes;                            ///< outbound: same index as upstreams
  std::vector<UpstreamPlan> upstreams;                                ///< inbound: exactly one
  std::vector<DatabaseLoginPlan> logins;                              ///< PostgreSQL: who is let in without a password
  std::shared_ptr<const tls::DatabaseServerContext> application_tls;  ///< PostgreSQL: null: declined

  /// Index of the first route whose hosts match `authority` (host or host:port), or -1. RFC 9110 §4.2.3 case rules.
  [[nodiscard]] int route_for(std::string_view authority) const noexcept;
};

struct Snapshot {
  std::uint64_t generation = 0;
  config::ProxyConfig config;
  std::shared_ptr<const inspect::Snapshot> inspection;
  std::shared_ptr<const tls::Contexts> tls;  ///< null without identity
  std::vector<ListenerPlan> listeners;

  /// Null when this configuration has no such listener.
  [[nodiscard]] const ListenerPlan* listener_at(const config::Endpoint& listen) const noexcept;

  /// Compiles all parts. Slow; never on a worker. Parts of `previous` (may be null) that would come out the same are
  /// kept: connections that rest on the same certificates stay as they are. `rules` (may be null): see
  /// inspect::EarlierParts.
  [[nodiscard]] static config::CheckedResult<std::shared_ptr<const Snapshot>> make(
      config::ProxyConfig config, std::uint64_t generation, const Snapshot* previous = nullptr,
      const inspect::RuleSets* rules = nullptr);
};

/// Of every plan that may still be used: an inbound port's, and an outbound route's to whose destination egress rules
/// may let some request go. A pooled connection with another key leads where nobody may go any more.
[[nodiscard]] std::unordered_set<std::string> reachable_pool_keys(const Snapshot& snapshot);

}  // namespace gabion::proxy
