// From the address that a captured connection was on its way to, to the plan it is served under.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "proxy/capture/kept_plans.h"
#include "proxy/session/reason.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

/// A plan, or why there is none.
struct CapturedPlan {
  PlanRef plan;
  Reason refusal = Reason::kNone;
  std::string_view detail;  ///< a sentence for logs, or empty
};

/// Of a gateway's pod. `caller` is who called, where it is the pod that was called. What was planned of services is in
/// `kept`, here and below, and is put there.
[[nodiscard]] CapturedPlan plan_for_pod(const Snapshot& view, inspect::Side side, const config::Endpoint& original,
                                        const config::IpAddress& caller, KeptPlans& kept);

/// A connection that rules of the kernel led to a socket of ours.
struct CapturedCall {
  config::Endpoint original;  ///< where the caller wanted to go
  config::Endpoint local;     ///< the address of the accepted socket
  config::IpAddress caller;
};

/// What the kernel says of an accepted socket.
[[nodiscard]] CapturedCall captured_call(const ListeningSocket& socket, int fd) noexcept;

[[nodiscard]] CapturedPlan plan_captured(const Snapshot& snapshot, inspect::Side side, const CapturedCall& call,
                                         KeptPlans& kept);

/// What `snapshot` has in the place of a plan of an earlier one: the same listener, or the plan for the same captured
/// address. Null: nothing.
[[nodiscard]] PlanRef current_plan(const Snapshot& snapshot, const ListenerPlan& earlier, KeptPlans& kept);

/// The part that pool keys of captured plans without a fixed destination have in common.
[[nodiscard]] std::unordered_set<std::string> captured_pool_families(const Snapshot& snapshot);

}  // namespace gabion::proxy
