// From the address that a captured connection was on its way to, to the plan it is served under.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "proxy/session/reason.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

/// A plan, or why there is none.
struct CapturedPlan {
  PlanRef plan;
  Reason refusal = Reason::kNone;
};

/// `original` is where the caller wanted to go, `local` the address of the socket it was led to.
[[nodiscard]] CapturedPlan plan_captured(const Snapshot& snapshot, inspect::Side side, const config::Endpoint& original,
                                         const config::Endpoint& local);

/// What `snapshot` has in the place of a plan of an earlier one: the same listener, or the plan for the same captured
/// address. Null: nothing.
[[nodiscard]] PlanRef current_plan(const Snapshot& snapshot, const ListenerPlan& earlier);

/// The part that pool keys of captured plans without a fixed destination have in common.
[[nodiscard]] std::unordered_set<std::string> captured_pool_families(const Snapshot& snapshot);

}  // namespace gabion::proxy
