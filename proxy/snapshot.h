// Everything made from one reading of the configuration: immutable, shared by all workers, swapped whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "config/proxy_config.h"
#include "inspect/snapshot.h"
#include "proxy/database_secret.h"
#include "proxy/gateway/pod_calls.h"
#include "proxy/service_plan.h"
#include "proxy/tls/contexts.h"
#include "proxy/tls/database_contexts.h"
#include "proxy/upstream/endpoint_table.h"

namespace gabion::proxy {

/// Who an outbound route with a destination calls, as egress rules see it.
[[nodiscard]] inspect::ConnectionFacts egress_facts(const config::RouteConfig& route) noexcept;

/// One listener: an inbound port or an outbound listener; captured: what was found for one address that was called.
struct ListenerPlan {
  inspect::Side side = inspect::Side::kIngress;
  config::Arrival arrival = config::Arrival::kDialled;
  std::string name;
  config::Endpoint listen;   ///< captured: what the caller wanted to reach
  config::IpAddress caller;  ///< of one captured inbound connection
  config::Protocol protocol = config::Protocol::kHttp;
  config::TlsMode tls = config::TlsMode::kDisable;
  std::uint16_t port = 0;  ///< inbound: the workload's port
  config::WebSocketMode websocket = config::WebSocketMode::kRefuse;
  std::size_t profile = 0;
  std::vector<config::RouteConfig> routes;                            ///< outbound: same index as upstreams
  std::vector<UpstreamPlan> upstreams;                                ///< inbound: exactly one
  std::vector<std::shared_ptr<const ServicePlan>> services;           ///< outbound: of routes that lead to a service
  std::vector<DatabaseLoginPlan> logins;                              ///< PostgreSQL: who is let in without a password
  std::shared_ptr<const tls::DatabaseServerContext> application_tls;  ///< PostgreSQL: null: declined

  /// Index of the first route whose hosts match `authority` (host or host:port), or -1. RFC 9110 §4.2.3 case rules.
  [[nodiscard]] int route_for(std::string_view authority) const noexcept;
};

/// A plan as its users hold it: of a listener it lives as long as its snapshot, of a captured connection by itself.
using PlanRef = std::shared_ptr<const ListenerPlan>;

/// A socket that listens.
struct ListeningSocket {
  config::Endpoint listen;
  inspect::Side side = inspect::Side::kIngress;
  config::Arrival arrival = config::Arrival::kDialled;
  config::CaptureMode mode = config::CaptureMode::kRedirect;  ///< of a captured one
};

/// What captured connections are found by: see proxy/capture/captured_plan.h.
struct CapturePlans {
  std::vector<ListenerPlan> inbound;   ///< by `port`; the upstream lacks its destination
  std::vector<ListenerPlan> outbound;  ///< by `listen`, one route each; to addresses
  std::optional<ListenerPlan> ports;   ///< inbound, for ports that no entry names; as `inbound`, without a port
  std::optional<ListenerPlan> others;  ///< outbound, for what no route names; no route and no upstream
  /// Likewise for services, whether a route names them or not, one route each; every endpoint of each is planned once.
  std::unordered_map<const config::services::ServiceTarget*, ListenerPlan> services;
};

struct PodViews;

/// Of a sidecar; of a gateway, where `pods` has one more for each pod that it stands for; or one of those, where
/// `calls` says for whom.
struct Snapshot {
  std::uint64_t generation = 0;
  config::ProxyConfig config;
  std::shared_ptr<const inspect::Snapshot> inspection;
  std::shared_ptr<const tls::Contexts> tls;  ///< null without identity
  std::vector<ListenerPlan> listeners;
  CapturePlans capture;
  std::vector<ListeningSocket> sockets;   ///< those of `listeners` and of `capture`
  std::shared_ptr<const PodViews> pods;   ///< of a gateway alone
  std::shared_ptr<const PodCalls> calls;  ///< of a gateway's pod alone

  /// "shop/orders-0" of a gateway's pod; of a sidecar, which has only one, empty.
  [[nodiscard]] std::string_view pod_name() const noexcept {
    return calls == nullptr ? std::string_view() : std::string_view(calls->name());
  }

  /// Whose endpoints answer at an address that a captured connection dialled; null: the address is nobody's but its
  /// own.
  [[nodiscard]] const config::services::ServiceTarget* service_at(const config::Endpoint& dialled) const noexcept {
    return inspection->services().at(dialled);
  }

  /// Null when this configuration has no such listener.
  [[nodiscard]] const ListenerPlan* listener_at(const config::Endpoint& listen) const noexcept;

  [[nodiscard]] const ListeningSocket* socket_at(const config::Endpoint& listen) const noexcept;

  /// Compiles all parts. Slow; never on a worker. Parts of `previous` (may be null) that would come out the same are
  /// kept: connections that rest on the same certificates stay as they are. `rules` (may be null): see
  /// inspect::EarlierParts.
  [[nodiscard]] static config::CheckedResult<std::shared_ptr<const Snapshot>> make(
      config::ProxyConfig config, std::uint64_t generation, const Snapshot* previous = nullptr,
      const inspect::RuleSets* rules = nullptr);
};

/// What a gateway holds for each of its pods; none of them has `pods`.
struct PodViews {
  std::vector<std::shared_ptr<const Snapshot>> all;
  std::unordered_map<config::IpAddress, std::shared_ptr<const Snapshot>> by_address;
  std::unordered_map<std::string, std::shared_ptr<const Snapshot>> by_key;  ///< PodCalls::key()
};

/// What `root` has in the place of `earlier`: itself, or what it has for the same pod. A pod that is gone: `earlier`;
/// its connections are being ended.
[[nodiscard]] const std::shared_ptr<const Snapshot>& newest(const std::shared_ptr<const Snapshot>& root,
                                                            const std::shared_ptr<const Snapshot>& earlier) noexcept;

/// All that outbound connections may be served under, but what is found for a captured address alone.
[[nodiscard]] std::vector<const ListenerPlan*> plans_of(const Snapshot& snapshot);

/// Of every plan that may still be used: an inbound port's, and an outbound route's to whose destination egress rules
/// may let some request go. A pooled connection with another key leads where nobody may go any more.
[[nodiscard]] std::unordered_set<std::string> reachable_pool_keys(const Snapshot& snapshot);

/// Ends the part of a captured plan's pool key that is the same for all destinations; nothing else in a key is one.
inline constexpr char kEndOfPoolFamily = '#';

/// Whether a pool key, or all of its family, is among `reachable`.
[[nodiscard]] bool is_reachable(const std::unordered_set<std::string>& reachable, const std::string& key);
/// Endpoints that calls may be made to, and the services they are of.
struct KnownEndpoints {
  std::unordered_set<config::Endpoint, EndpointHash> endpoints;
  std::unordered_set<std::string> services;
};
[[nodiscard]] KnownEndpoints known_endpoints(const Snapshot& snapshot);
/// Of all services that routes lead to, each once.
[[nodiscard]] config::services::EndpointCounts endpoint_counts(const Snapshot& snapshot);

}  // namespace gabion::proxy
