// Who a connection's other end is: address and identity, judged together (policy §2.1, §2.2).
#pragma once

#include <cstdint>

#include "config/policy/rule_set.h"
#include "inspect/message.h"

namespace gabion::inspect::policy {

/// What rules can be asked about a peer. Borrows the rule set.
struct Peer {
  enum class Kind : std::uint8_t {
    kOther,     ///< a pod, another node, or an address of nobody known
    kSelf,      ///< the workload itself: never cut off (R20)
    kOwnNode,   ///< the workload's node: always let in by layer 4 (R19)
    kMismatch,  ///< the certificate does not belong to the pod at that address
  };
  Kind kind = Kind::kOther;
  const config::policy::PeerClass* address = nullptr;  ///< of the pod, node or range; never null once found
  const config::policy::PeerClass* account = nullptr;  ///< when only the certificate tells who it is
  config::policy::MayBePod may_be = config::policy::MayBePod::kKnown;  ///< what both leave open
  const config::policy::HostEntry* host = nullptr;                     ///< for explanations; null: unknown address
};

/// Look-up of peers. Borrows `rules`; immutable, thread-safe, allocates nothing.
class PeerIndex {
 public:
  explicit PeerIndex(const config::policy::RuleSet& rules) noexcept : rules_(rules) {}

  [[nodiscard]] Peer find(const ConnectionFacts& facts) const noexcept;

 private:
  void add_identity(const config::SpiffeId& identity, Peer& peer) const noexcept;

  const config::policy::RuleSet& rules_;
};

/// An Allow by `entry` certainly means this peer, on this port of it.
[[nodiscard]] bool surely_meets(const Peer& peer, const config::policy::Entry& entry,
                                const config::policy::Rule& rule) noexcept;
/// A Deny by `entry` means this peer, or may.
[[nodiscard]] bool may_meet(const Peer& peer, const config::policy::Entry& entry,
                            const config::policy::Rule& rule) noexcept;

}  // namespace gabion::inspect::policy
