// L7Policies with a regular expression that cannot be compiled, treated as what they are: policies nobody can read.
#pragma once

#include "config/kube/objects.h"

namespace gabion::inspect::policy {

/// Each such policy becomes `unreadable` as one with a bad field does (policy.md §3.6): in each direction it has rules
/// for, nothing but a Deny on their ports is left. Why is added to objects.refusals. The others are not touched.
void close_bad_regexes(config::kube::Objects& objects);

}  // namespace gabion::inspect::policy
