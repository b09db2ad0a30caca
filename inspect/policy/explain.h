// Why a denial is one: the rule that came closest and the condition it failed at (policy §4.3). Logs only.
#pragma once

#include <string>
#include <string_view>

#include "config/policy/rule_set.h"
#include "inspect/policy/http_index.h"
#include "inspect/policy/http_match.h"
#include "inspect/policy/peer_index.h"

namespace gabion::inspect::policy {

/// "bytes", with control bytes, quotes, backslashes and non-ASCII as \xNN, cut at 128 bytes.
[[nodiscard]] std::string quoted(std::string_view bytes);

/// "10.0.0.7 (pod shop/web)", with the certificate's id if there is one.
[[nodiscard]] std::string describe_peer(const ConnectionFacts& facts, const Peer& peer,
                                        const config::policy::RuleSet& rules);

/// "method: got "POST", want GET or HEAD". Names method and path of the request, no host, no header value, no query.
[[nodiscard]] std::string describe_miss(const config::kube::HttpMatch& item, const HttpMiss& miss,
                                        const RequestView& request);

/// The NetworkPolicy rule that came closest: peer before port.
[[nodiscard]] std::string explain_network(const ConnectionFacts& facts, const Peer& peer,
                                          const config::policy::RuleSet& rules,
                                          const config::policy::DirectionTable& table);

/// The Allow rule on this port that came closest: peer, then host, method, path, header. `port` has all L7
/// rules of the port, or is null.
/// Names method and path of the request, no host, no header value, no query.
[[nodiscard]] std::string explain_request(const ConnectionFacts& facts, const Peer& peer,
                                          const config::policy::RuleSet& rules, const config::policy::Cell* port,
                                          const RuleConditions& conditions, const RequestView& request);

}  // namespace gabion::inspect::policy
