// What captured connections are served under, planned with the snapshot.
#pragma once

#include "proxy/snapshot.h"

namespace gabion::proxy {

/// The listeners' names in logs and metrics, where no entry of the configuration has one.
inline constexpr std::string_view kCaptureInbound = "capture-inbound";
inline constexpr std::string_view kCaptureOutbound = "capture-outbound";

/// Adds an entry of the configuration to where its connections are found: by socket, or by what was captured. REQUIRES:
/// the snapshot's inspection.
void keep_plan(ListenerPlan plan, Snapshot& snapshot, config::Errors& errors);

/// Adds the sockets of `capture`, and what is served where no entry of the configuration says it. REQUIRES: the
/// snapshot's inspection; entries of the configuration are kept.
void add_capture(Snapshot& snapshot, config::Errors& errors);

/// What a service is called under that no entry of the configuration names. For a gateway's pod `pool_prefix` says
/// whose connections those are; a sidecar has none.
[[nodiscard]] ListenerPlan plan_of_service(const Snapshot& snapshot, const config::services::ServiceTarget& target,
                                           const std::string& pool_prefix, config::Errors& errors);

}  // namespace gabion::proxy
