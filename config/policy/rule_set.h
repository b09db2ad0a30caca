// One workload's rules, compiled from manifests: plain immutable data that inspect/policy builds its indexes from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "config/ip_address.h"
#include "config/kube/objects.h"
#include "config/result.h"

namespace gabion::config::policy {

/// How a decision runs: address -> peer class (hash, else binary search), port -> port class (binary search),
/// (peer class, port class) -> cell (one load). A cell holds the NetworkPolicy answer and the L7 rules that can still
/// matter there. Only a peer known by nothing but its certificate is judged rule by rule.

using RuleId = std::uint32_t;       ///< index into RuleSet::rules
using TermId = std::uint32_t;       ///< a set of peers: one bit of a PeerClass
using PeerClassId = std::uint32_t;  ///< index into RuleSet::peer_classes
using PodId = std::uint32_t;        ///< index into RuleSet::pods

inline constexpr RuleId kNoRule = std::numeric_limits<RuleId>::max();               ///< nothing allows
inline constexpr RuleId kNotIsolatedRule = std::numeric_limits<RuleId>::max() - 1;  ///< nothing selects: open
inline constexpr TermId kAnyPeer = std::numeric_limits<TermId>::max();              ///< a value of its own, not a set

/// What the peers of rules say about one kind of peer. Bit t of `allow`: certainly in set t.
/// Bit t of `deny`: in set t, or not known not to be (policy §2.2). Both have RuleSet::term_words words.
struct PeerClass {
  std::vector<std::uint64_t> allow;
  std::vector<std::uint64_t> deny;

  friend bool operator==(const PeerClass&, const PeerClass&) = default;
};

/// Whether bit `term` is set; kAnyPeer always is.
[[nodiscard]] inline bool has_term(const std::vector<std::uint64_t>& words, TermId term) noexcept {
  return term == kAnyPeer || ((words[term / 64] >> (term % 64)) & 1U) != 0;
}

enum class HostKind : std::uint8_t {
  kPod,      ///< of a pod, live and not in the host's network
  kSelf,     ///< of the workload itself (policy R20)
  kNode,     ///< of a node: hostNetwork pods and whatever is masqueraded behind it
  kOwnNode,  ///< of the workload's node (policy R19)
};

/// A known address. Two pods on one address: both are candidates, and the classes say so.
struct HostEntry {
  IpAddress address;
  HostKind kind = HostKind::kPod;
  PeerClassId plain = 0;     ///< without mTLS: the service account is inferred, good for Deny only
  PeerClassId verified = 0;  ///< with the certificate of one of `pods`
  std::vector<PodId> pods;   ///< whose address it is; empty for nodes
};

/// Addresses from `first` to the next entry's, without those of HostEntry.
struct RangeEntry {
  IpAddress first;
  PeerClassId peer_class = 0;  ///< `allow` knows ipBlocks only; `deny` also what might be a pod
};

struct KnownPod {
  kube::ObjectName name;
  std::string service_account;
};

/// Live pods of one service account, for a peer whose address says nothing (NAT): all of them are candidates.
struct AccountEntry {
  std::string name_space;
  std::string name;
  PeerClassId peer_class = 0;  ///< selectors and accounts, no ipBlocks
};

enum class PolicyKind : std::uint8_t { kNetworkPolicy, kL7Policy };

/// A peer item that names a service account, for identities of which no pod is known.
struct AccountCondition {
  std::string trust_domain;
  std::string name_space;
  std::string name;           ///< "*": any
  bool also_selects = false;  ///< ANDed with a selector, which such a peer cannot be known to meet
};

/// A rule with what its logs need. L7 members are meaningless for a NetworkPolicy rule.
struct Rule {
  std::string id;     ///< "namespace/policy/ingress[0]"; "namespace/policy" for a policy that could not be read
  std::string label;  ///< the rule's own name, may be empty
  PolicyKind kind = PolicyKind::kNetworkPolicy;
  bool unreadable = false;  ///< stands for a policy that could not be read
  TermId peers = kAnyPeer;  ///< on whatever port; with peers_text and ports_text for explanations
  std::string peers_text;
  std::string ports_text;

  kube::RuleAction action = kube::RuleAction::kAllow;
  kube::PolicyMode mode = kube::PolicyMode::kEnforce;
  kube::AppProtocol protocol = kube::AppProtocol::kTcp;
  std::vector<kube::HttpMatch> http;  ///< ORed; empty = every request
  std::vector<kube::SqlMatch> sql;
  std::optional<kube::WafInspect> waf;
  std::vector<kube::DlpInspect> dlp;
  std::vector<AccountCondition> accounts;  ///< peer items with a service account
  bool has_pod_items = false;              ///< peer items with selectors and no account
};

/// A rule where it applies to ports. `applies` is kAnyPeer, or the pods on which a named port has this number.
struct Entry {
  RuleId rule = kNoRule;
  TermId peers = kAnyPeer;
  TermId applies = kAnyPeer;

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// Bits of a set of AppProtocol values.
using ProtocolSet = std::uint8_t;
[[nodiscard]] constexpr ProtocolSet protocol_bit(kube::AppProtocol protocol) noexcept {
  return static_cast<ProtocolSet>(1U << static_cast<unsigned>(protocol));
}

/// What L7 rules say about a port before anything is known of the message.
struct PortState {
  bool closed = false;      ///< an Allow rule lists the port: what no Allow rule matches is denied
  bool path_rules = false;  ///< some rule has a condition on the path: ambiguous paths are refused
  ProtocolSet parsed = 0;   ///< protocols other than TCP that rules name; two of them conflict

  friend bool operator==(const PortState&, const PortState&) = default;
};

/// All that rules say about one (peer class, port class).
struct Cell {
  RuleId network = kNoRule;  ///< the NetworkPolicy rule that allows, kNotIsolatedRule or kNoRule
  PortState enforced;        ///< from Enforce policies
  PortState with_dry_run;    ///< from Enforce and DryRun policies
  bool has_dry_run = false;
  std::vector<Entry> l7;  ///< rules that may still matter to these peers: Deny rules first, TCP before HTTP

  friend bool operator==(const Cell&, const Cell&) = default;
};

/// Ports no rule tells apart. For peers that have no cell of their own.
struct PortClass {
  std::vector<Entry> network;
  std::vector<Entry> l7;  ///< order as in Cell
  PortState enforced;     ///< of rules that apply to every peer
  PortState with_dry_run;
  bool has_dry_run = false;
};

/// The port classes of one protocol: class i is first[i] .. first[i + 1] - 1. first[0] is 0.
struct PortTable {
  std::vector<std::uint16_t> first;
  std::vector<PortClass> classes;
  std::vector<std::uint32_t> cells;  ///< index into DirectionTable::cells, [peer class * classes.size() + port class]
};

/// One direction of the workload.
struct DirectionTable {
  bool isolated = false;
  std::string unreadable_policy;   ///< "namespace/name" of a NetworkPolicy that isolates because it could not be read
  std::array<PortTable, 3> ports;  ///< by IpProtocol
  std::vector<Cell> cells;         ///< interned
  std::vector<RuleId> network_rules;  ///< of this direction, in the order of the files, for explanations
  std::vector<RuleId> l7_rules;
};

/// Owned by a Decider; never changed once compiled.
struct RuleSet {
  kube::ObjectName workload;
  std::string trust_domain;
  std::vector<KnownPod> pods;
  std::vector<HostEntry> hosts;        ///< sorted by address, unique
  std::vector<RangeEntry> ranges_v4;   ///< sorted; the first begins at 0.0.0.0
  std::vector<RangeEntry> ranges_v6;   ///< sorted; the first begins at ::
  std::vector<AccountEntry> accounts;  ///< sorted by (namespace, name)
  std::size_t term_words = 0;
  std::vector<PeerClass> peer_classes;
  std::vector<Rule> rules;
  DirectionTable ingress;
  DirectionTable egress;
  Errors warnings;  ///< rules that can never match, and the like
};

}  // namespace gabion::config::policy
