// Who a comparison asks about: one of each group of pods that no policy can tell apart, nodes, and outside addresses.
#pragma once

#include <string>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/traffic.h"

namespace gabion::inspect::policy {

struct EndGroup {
  config::policy::End end;                 ///< asked for the group
  std::vector<config::policy::End> alike;  ///< further members
};

inline constexpr std::size_t kMaxOutsideEnds = 64;

struct DiffEnds {
  std::vector<EndGroup> groups;
  std::vector<std::string> notes;  ///< who was left out
};

[[nodiscard]] DiffEnds ends_of(const config::kube::Objects& before, const config::kube::Objects& after);

}  // namespace gabion::inspect::policy
