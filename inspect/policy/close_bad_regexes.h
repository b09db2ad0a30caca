// L7Policies that name an expression nobody can compile, or rules nobody has: treated as unreadable policies.
#pragma once

#include <span>
#include <string>

#include "config/kube/objects.h"

namespace gabion::inspect::policy {

/// Each such policy becomes `unreadable` as one with a bad field does (policy.md §3.6): in each direction it has rules
/// for, nothing but a Deny on their ports is left. Why is added to objects.refusals. The others are not touched.
void close_bad_regexes(config::kube::Objects& objects);

/// The same of policies whose inspect.waf names none of `known`. For a proxy: a command has no such list.
void close_unknown_rule_sets(config::kube::Objects& objects, std::span<const std::string> known);

}  // namespace gabion::inspect::policy
