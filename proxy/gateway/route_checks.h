// What a gateway's configuration says of destinations that the manifests make impossible.
#pragma once

#include "config/result.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

/// Routes with TLS of a database's own that lead to a pod which a gateway protects, by its address or as an endpoint of
/// a service: such a pod is called through its gateway, which ends TLS and speaks for the caller. Each is told at its
/// place in the configuration. REQUIRES: a gateway's inspection.
[[nodiscard]] config::Errors routes_that_cannot_hold(const Snapshot& gateway);

}  // namespace gabion::proxy
