// What a pod is spoken to in that a gateway stands between and nobody declared.
#pragma once

#include "proxy/session/downstream.h"
#include "proxy/upstream_plan.h"

namespace gabion::proxy {

/// What `plan` says; of a gateway's pod, at a port or service of which nothing is declared, what its caller took it to
/// speak: who begins with HTTP/2 in plain text knows that it is understood. REQUIRES: a request's head was read.
[[nodiscard]] inline config::UpstreamProtocol spoken_to(const UpstreamPlan& plan, const Downstream& down) noexcept {
  const bool follows = down.snapshot->calls != nullptr && down.plan->protocol == config::Protocol::kAuto &&
                       plan.protocol == config::UpstreamProtocol::kHttp1 && !plan.protocol_was_said;
  return follows && down.head().major_version == 2 ? config::UpstreamProtocol::kHttp2 : plan.protocol;
}

}  // namespace gabion::proxy
