// Who a connection's other end is: address and identity, judged together (policy §2.1, §2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "config/policy/rule_set.h"
#include "inspect/message.h"

namespace gabion::inspect::policy {

/// What rules can be asked about a peer. Borrows the rule set and the identity.
struct Peer {
  enum class Kind : std::uint8_t {
    kOther,     ///< a pod, another node, or an address of nobody known
    kSelf,      ///< the workload itself: never cut off (R20)
    kOwnNode,   ///< the workload's node: always let in by layer 4 (R19)
    kMismatch,  ///< the certificate does not belong to the pod at that address
  };
  Kind kind = Kind::kOther;
  /// Row of the cells; nothing when only the certificate tells who it is: then rules are asked one by one.
  std::optional<config::policy::PeerClassId> row;
  const config::policy::PeerClass* address = nullptr;  ///< of the row, or what ipBlocks say about the address seen
  const config::policy::PeerClass* account = nullptr;  ///< without row: all live pods of the identity's account
  const config::SpiffeId* stranger = nullptr;          ///< without row: an identity of which no pod is known
  const config::policy::HostEntry* host = nullptr;     ///< for explanations; null: unknown address
};

/// Look-up of peers. Borrows `rules`; immutable, thread-safe, allocates nothing after construction.
class PeerIndex {
 public:
  explicit PeerIndex(const config::policy::RuleSet& rules);

  [[nodiscard]] Peer find(const ConnectionFacts& facts) const noexcept;

 private:
  [[nodiscard]] const config::policy::HostEntry* host(const config::IpAddress& address) const noexcept;
  [[nodiscard]] config::policy::PeerClassId range(const config::IpAddress& address) const noexcept;
  [[nodiscard]] const config::policy::AccountEntry* account(const config::SpiffeId& identity) const noexcept;
  [[nodiscard]] bool belongs_to(const config::SpiffeId& identity,
                                const config::policy::HostEntry& entry) const noexcept;
  [[nodiscard]] Peer by_identity(const config::SpiffeId& identity, config::policy::PeerClassId seen) const noexcept;

  const config::policy::RuleSet& rules_;
  std::unordered_map<config::IpAddress, const config::policy::HostEntry*> hosts_;
};

/// An Allow by `entry` certainly means this peer, on this port of it.
[[nodiscard]] bool surely_meets(const Peer& peer, const config::policy::Entry& entry,
                                const config::policy::Rule& rule) noexcept;
/// A Deny by `entry` means this peer, or may.
[[nodiscard]] bool may_meet(const Peer& peer, const config::policy::Entry& entry,
                            const config::policy::Rule& rule) noexcept;

}  // namespace gabion::inspect::policy
