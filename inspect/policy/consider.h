// What each rule of one side made of some traffic, for people only; it met or failed a condition (policy §4.3).
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/policy/rule_set.h"
#include "inspect/policy/judge.h"

namespace gabion::inspect::policy {

/// In the fixed order of policy §4.3; kNone: every condition holds.
enum class Condition : std::uint8_t { kPeer, kPort, kProtocol, kHost, kMethod, kPath, kHeader, kSql, kNone };

[[nodiscard]] std::string_view to_string(Condition condition) noexcept;

struct RuleFate {
  const config::policy::Rule* rule = nullptr;
  Condition failed = Condition::kNone;
  std::string text;      ///< "method: got "POST", want GET"; or why a condition was not looked at
  bool nearest = false;  ///< of the Allow rules that failed, the one that got furthest, as in the log

  [[nodiscard]] bool met() const noexcept { return failed == Condition::kNone && text.empty(); }
};

/// What is asked about. Borrows.
struct Considered {
  const ConnectionFacts& facts;
  config::kube::IpProtocol protocol = config::kube::IpProtocol::kTcp;
  const RequestView* request = nullptr;  ///< null: the connection alone
};

/// NetworkPolicy rules of the direction, then L7 rules, in the order of the files. An Allow is read as certain, a Deny
/// as possible. `nearest` is set once among the NetworkPolicy rules and once among the enforced L7 Allow rules of the
/// port.
[[nodiscard]] std::vector<RuleFate> consider_rules(const Judge& judge, const Considered& asked);

}  // namespace gabion::inspect::policy
