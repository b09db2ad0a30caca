// The endpoints of a service as calls may use them: each with what egress rules judge and how it is dialled.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "config/services/service_index.h"
#include "inspect/policy/decide.h"
#include "proxy/upstream_plan.h"

namespace gabion::proxy {

class PodCalls;

/// The verdict is about `facts`, the call goes to plan.destination: one endpoint, so nobody chooses in between.
struct EndpointPlan {
  inspect::ConnectionFacts facts;
  UpstreamPlan plan;
};

/// Of one service port, part of a snapshot.
struct ServicePlan {
  std::string service;  ///< "shop/orders:http"
  config::services::EndpointCounts counts;
  std::vector<config::Endpoint> at;  ///< of `endpoints`, in their order
  /// Those to which egress rules may let some call go; where that is none, all: the verdict on any says why.
  std::vector<EndpointPlan> endpoints;
  std::string_view cannot_be_called;  ///< why none of them can, a sentence for logs; empty: one can, or there is none
  bool all_denied = false;            ///< so nothing that was connected before may be used either

  /// Null: not one of them.
  [[nodiscard]] const EndpointPlan* find(const config::Endpoint& endpoint) const noexcept;
};

/// What is spoken through a listener, as far as egress rules ask.
enum class Spoken : std::uint8_t { kHttp, kPostgres, kTcp, kAny };

/// The endpoints of `target` (null: none is known), each dialled as `like` says of its destination. Errors: TLS of
/// `database` cannot be made. `calls`: of a gateway's pod; what it cannot call is left out.
[[nodiscard]] config::Result<ServicePlan> plan_service(const config::services::ServiceTarget* target,
                                                       const UpstreamPlan& like, Spoken spoken,
                                                       const inspect::policy::Decider& policy,
                                                       const std::optional<config::DatabaseTls>& database = {},
                                                       const PodCalls* calls = nullptr);

}  // namespace gabion::proxy
