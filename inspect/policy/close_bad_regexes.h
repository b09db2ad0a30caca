// L7Policies that name an expression nobody can compile, or rules nobody has: treated as unreadable policies.
#pragma once

#include <string>
#include <vector>

#include "config/kube/objects.h"

namespace gabion::inspect::policy {

/// Each such policy becomes `unreadable` as one with a bad field does (policy.md §3.6): in each direction it has rules
/// for, nothing but a Deny on their ports is left. Why is added to objects.refusals. The others are not touched.
void close_bad_regexes(config::kube::Objects& objects);

/// What `inspect` of an L7 rule may name.
struct InspectNames {
  std::vector<std::string> waf;  ///< of inspection.waf
  std::vector<std::string> dlp;  ///< of inspection.dlp, the built-in ones included
  friend bool operator==(const InspectNames&, const InspectNames&) = default;
};

/// The same of policies whose `inspect` names none of `known`. For a proxy: a command has no such list.
void close_unknown_names(config::kube::Objects& objects, const InspectNames& known);

}  // namespace gabion::inspect::policy
