// The rules that lead TCP to the proxy by TPROXY: of one pod to its sidecar, or of a node's pods to its gateway.
#pragma once

#include "proxy/interception/net_settings.h"
#include "proxy/interception/rule_text.h"

namespace gabion::proxy::interception {

/// Of the mangle table, in a pod: what comes in. Answers of the application to an address of a caller come back to the
/// proxy, which called from there: its calls mark their connection, and the connection marks the answers.
[[nodiscard]] Rules sidecar_mangle_rules(const NetSettings& settings, Family family);

/// Of the mangle table, on a node: what pods send goes to the outbound port, what is sent to them from elsewhere to the
/// inbound one. What the node or the proxy sends passes no PREROUTING, so it is not led anywhere.
[[nodiscard]] Rules gateway_mangle_rules(const NetSettings& settings, Family family);

/// Of the nat table, on a node: whoever translates addresses of services there leaves alone what is led to the proxy,
/// which wants to know what was called.
[[nodiscard]] Rules gateway_nat_rules(const NetSettings& settings);

}  // namespace gabion::proxy::interception
