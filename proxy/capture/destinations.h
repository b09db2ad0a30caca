// Who is behind an address that the application calls, and how to call it.
#pragma once

#include <optional>

#include "config/proxy_config.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

/// The route to `original`, from what the manifests say; nothing when they know nobody there. Asked once for a
/// connection, and again after a new snapshot.
[[nodiscard]] std::optional<config::RouteConfig> route_to(const Snapshot& snapshot, const config::Endpoint& original);

/// The route to a service that no entry of the configuration names. With mTLS its endpoints answer as the service
/// accounts of their pods; one that is no known pod cannot answer.
[[nodiscard]] config::RouteConfig route_to(const Snapshot& snapshot, const config::services::ServiceTarget& target);

/// The route to an address of which nothing is known: in plain text, judged by address and port.
[[nodiscard]] config::RouteConfig route_to_unknown(const config::Endpoint& original);

/// What is spoken to a service: its port's appProtocol, else the port's name up to its first '-', else what the first
/// bytes tell.
[[nodiscard]] config::Protocol protocol_of(const config::services::ServiceTarget& target) noexcept;

}  // namespace gabion::proxy
