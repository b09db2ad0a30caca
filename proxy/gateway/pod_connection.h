// Which pod a connection is of that was led to a gateway, and under what it is served.
#pragma once

#include <memory>
#include <string_view>

#include "proxy/capture/captured_plan.h"

namespace gabion::proxy {

/// A pod's snapshot and a plan of it, or why there are none.
struct PodConnection {
  std::shared_ptr<const Snapshot> view;
  PlanRef plan;
  Reason refusal = Reason::kNone;
  std::string_view detail;  ///< a sentence for logs
};

/// Outbound by who calls, inbound by who is called; rules of the kernel have dropped callers that are not who they say.
/// What a pod that another gateway protects says for itself is refused: its gateway would have said it.
[[nodiscard]] PodConnection find_pod(const Snapshot& root, inspect::Side side, const config::Endpoint& original,
                                     const config::IpAddress& caller, KeptPlans& kept);

}  // namespace gabion::proxy
