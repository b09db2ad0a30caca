// A gateway's snapshot for each pod that it stands for: made with the gateway's own.
#pragma once

#include "proxy/snapshot.h"

namespace gabion::proxy {

/// Adds `pods` and the sockets to a gateway's snapshot. REQUIRES: its inspection and TLS.
void add_pods(Snapshot& gateway, config::Errors& errors);

/// Plans the entries of the configuration, and what is captured, for a sidecar or a gateway's pod.
void plan_entries(Snapshot& snapshot, config::Errors& errors);

}  // namespace gabion::proxy
