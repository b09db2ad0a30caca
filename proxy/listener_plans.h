// From entries of the configuration to plans of listeners.
#pragma once

#include "proxy/snapshot.h"

namespace gabion::proxy {

/// Without what is read from files: log-ins and TLS of databases.
[[nodiscard]] ListenerPlan plan_of(const config::InboundConfig& inbound, const inspect::Snapshot& inspection);
/// Likewise, and without services.
[[nodiscard]] ListenerPlan plan_of(const config::OutboundConfig& outbound, const inspect::Snapshot& inspection);

/// Fills in services.back(): the endpoints of `target` (null: none) as the manifests are now, for the route at that
/// place. `calls`: of a gateway's pod, else null.
void plan_service_route(ListenerPlan& plan, const config::services::ServiceTarget* target,
                        const inspect::Snapshot& inspection, config::Errors& errors, const PodCalls* calls);

/// Of a plan's routes those that lead to services.
void plan_services(ListenerPlan& plan, const inspect::Snapshot& inspection, config::Errors& errors,
                   const PodCalls* calls);

/// Routes with a destination, as a gateway's pod calls them (null: nothing changes). One that it cannot call says why
/// in its upstream, and stays: what names an address is all that is said of it.
void call_for_pod(ListenerPlan& plan, const PodCalls* calls);

}  // namespace gabion::proxy
