// The nat rules that lead a pod's TCP to its sidecar by REDIRECT.
#pragma once

#include "proxy/interception/net_settings.h"
#include "proxy/interception/rule_text.h"

namespace gabion::proxy::interception {

/// The rules in order, "-A CHAIN …", as iptables-restore takes them: jumps, then our chains (policy.md §7.1). By TPROXY
/// only what goes out is led by these, and what the pod calls of its own.
[[nodiscard]] Rules redirect_rules(const NetSettings& settings, Family family);

}  // namespace gabion::proxy::interception
