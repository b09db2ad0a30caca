// One workload's rules, compiled from manifests: plain immutable data, shared piece by piece between generations.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "config/ip_address.h"
#include "config/kube/objects.h"
#include "config/policy/shared_list.h"
#include "config/policy/shared_map.h"
#include "config/result.h"

namespace gabion::config::policy {

/// How a decision runs: address -> peer class (hash, else the range it lies in), then for each of at most four layers
/// port -> cell (binary search). The layers are the rules that name nobody, those that mean the peer's class, those
/// that mean its certificate's account, and Deny rules that may mean an address of nobody known. A layer says what its
/// own rules say; the decision is their union. So nothing is ever multiplied by anything, and memory follows the rules.

using RuleId = std::uint32_t;  ///< index into RuleSet::rules
using TermId = std::uint32_t;  ///< a set of peers that rules name

inline constexpr RuleId kNoRule = std::numeric_limits<RuleId>::max();               ///< nothing allows
inline constexpr RuleId kNotIsolatedRule = std::numeric_limits<RuleId>::max() - 1;  ///< nothing selects: open
inline constexpr TermId kAnyPeer = std::numeric_limits<TermId>::max();              ///< a value of its own, not a set

enum class Way : std::uint8_t { kIngress, kEgress };

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

  void add(const PortState& other) noexcept {
    closed = closed || other.closed;
    path_rules = path_rules || other.path_rules;
    parsed = static_cast<ProtocolSet>(parsed | other.parsed);
  }
  friend bool operator==(const PortState&, const PortState&) = default;
};

/// In which order L7 rules are asked: Deny before Allow, and what looks at peers only before what needs a message.
enum class L7Rank : std::uint8_t { kPeersDeny, kMessageDeny, kPeersAllow, kMessageAllow };
inline constexpr std::size_t kL7Ranks = 4;

/// What the rules of one layer say about a stretch of ports.
struct Cell {
  std::uint32_t id = 0;                               ///< index into RuleSet::cells
  RuleId network = kNoRule;                           ///< the first NetworkPolicy rule of the layer that allows
  PortState enforced;                                 ///< from Enforce policies
  PortState with_dry_run;                             ///< from Enforce and DryRun policies
  RuleId dry_run = kNoRule;                           ///< the first rule of a DryRun policy that lists the port
  RuleId dry_run_closes = kNoRule;                    ///< the first of them that is an Allow
  std::vector<RuleId> by_account;                     ///< Allow rules of Enforce policies that name accounts
  std::array<std::vector<RuleId>, kL7Ranks> l7 = {};  ///< by L7Rank; ascending, so in the order of the files

  [[nodiscard]] const std::vector<RuleId>& of(L7Rank rank) const noexcept { return l7[static_cast<std::size_t>(rank)]; }
};

/// Ports from `first` to before the next stretch. A null cell says nothing; others are RuleSet::cells'. What a decision
/// on a connection needs of the cell is here: four stretches to a cache line, a cell for itself.
struct Stretch {
  std::uint16_t first = 0;
  bool only_network = false;  ///< the cell says nothing but `network`
  RuleId network = kNoRule;   ///< the cell's
  const Cell* cell = nullptr;
};

/// One layer's ports of one protocol; empty: it says nothing on any port. The first stretch begins at 0.
using Row = std::vector<Stretch>;

/// A layer's rows by IpProtocol, one behind the other. A row of one port is kept in place, beside what led to it.
class PortRows {
 public:
  PortRows() noexcept = default;
  explicit PortRows(const std::array<Row, 3>& rows) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      count += rows[i].size();
      ends_[i] = static_cast<std::uint32_t>(count);
    }
    stretches_.reserve(count);
    for (const Row& row : rows) {
      stretches_.insert(stretches_.end(), row.begin(), row.end());
    }
  }

  [[nodiscard]] std::span<const Stretch> of(kube::IpProtocol protocol) const noexcept {
    const auto index = static_cast<std::size_t>(protocol);
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return {stretches_.data() + begin, ends_[index] - begin};
  }

 private:
  static constexpr std::size_t kInPlace = 3;  // before the port, the port, behind it
  std::array<std::uint32_t, 3> ends_ = {};
  boost::container::small_vector<Stretch, kInPlace> stretches_;
};

/// Null: an empty row.
[[nodiscard]] inline const Stretch* stretch_at(const PortRows& rows, kube::IpProtocol protocol,
                                               std::uint16_t port) noexcept {
  const auto row = rows.of(protocol);
  const auto after = std::upper_bound(row.begin(), row.end(), port,
                                      [](std::uint16_t wanted, const Stretch& next) { return wanted < next.first; });
  return after == row.begin() ? nullptr : &*std::prev(after);
}

[[nodiscard]] inline const Cell* cell_at(const PortRows& rows, kube::IpProtocol protocol, std::uint16_t port) noexcept {
  const Stretch* stretch = stretch_at(rows, protocol, port);
  return stretch == nullptr ? nullptr : stretch->cell;
}

/// Whether an address that is no known pod's may still be a pod's (policy §2.2).
enum class MayBePod : std::uint8_t {
  kKnown,     ///< the class says all there is to say
  kOutside,   ///< outside every pod range: certainly no pod, its account is unknown
  kNobody,    ///< a node's address, or nobody told which addresses are pods
  kPodRange,  ///< inside a pod range, but no known pod
  kStranger,  ///< certified to have an account of which no pod is known
};

/// What the peers of rules say about one kind of peer. `allow`: sets it is certainly in. `deny`: those, and sets it is
/// not known not to be in, but for the ones MayBePod covers. Both ascending.
struct PeerClass {
  MayBePod may_be = MayBePod::kKnown;
  std::array<PortRows, 2> rows;  ///< by Way: the layer of the rules that name these sets
  std::vector<TermId> allow;
  std::vector<TermId> deny;
};
using ClassRef = std::shared_ptr<const PeerClass>;

/// Whether `term` is in `terms`; kAnyPeer always is.
[[nodiscard]] inline bool has_term(const std::vector<TermId>& terms, TermId term) noexcept {
  return term == kAnyPeer || std::binary_search(terms.begin(), terms.end(), term);
}

enum class HostKind : std::uint8_t {
  kPod,      ///< of a pod, live and not in the host's network
  kSelf,     ///< of the workload itself: never cut off (policy R20)
  kNode,     ///< of a node: hostNetwork pods and whatever is masqueraded behind it
  kOwnNode,  ///< of the workload's node (policy R19)
};

struct KnownPod {
  kube::ObjectName name;
  std::string uid;  ///< may be empty
  std::string service_account;
};

/// The pods at an address whose account a certificate names.
struct VerifiedEntry {
  std::string name_space;
  std::string service_account;
  ClassRef peer_class;
};

/// A known address. Two pods on one address: both are candidates, and the classes say so.
struct HostEntry {
  HostKind kind = HostKind::kPod;
  ClassRef plain;                                     ///< without mTLS: an account is inferred, good for Deny only
  std::vector<VerifiedEntry> verified;                ///< one for each account of `pods`
  std::vector<std::shared_ptr<const KnownPod>> pods;  ///< whose address it is; empty for nodes
};

/// Addresses that are nobody's: the class of the range each lies in.
struct RangeTable {
  struct RangeV4 {
    std::uint32_t first = 0;                ///< host order
    const PeerClass* peer_class = nullptr;  ///< kept alive by classes_v4
  };
  /// Where the ranges of many bounds that share the upper half of their addresses are found by the third byte.
  struct Crowd {
    std::uint32_t before = 0;  ///< as upper_half says it of others
    std::uint32_t count = 0;   ///< of ranges that begin above the half's lowest address
    /// By the third byte: how many of `count` do not begin above its lowest address.
    std::array<std::uint16_t, 256> third_byte = {};
  };
  static constexpr std::uint32_t kCrowd = 0x80000000;

  std::vector<RangeV4> v4;  ///< ascending; the first is 0.0.0.0
  std::vector<ClassRef> classes_v4;
  /// By the upper half of an IPv4 address: how many of v4 do not begin above its lowest, or with kCrowd a place in
  /// crowds. Empty for few ranges.
  std::vector<std::uint32_t> upper_half;
  std::vector<Crowd> crowds;
  std::vector<IpAddress> first_v6;  ///< ascending; the first is ::
  std::vector<ClassRef> classes_v6;

  [[nodiscard]] const PeerClass* find(const IpAddress& address) const noexcept;

 private:
  [[nodiscard]] std::span<const RangeV4> candidates(std::uint32_t address) const noexcept;
  [[nodiscard]] std::uint32_t before(std::size_t half) const noexcept;
};

/// A peer known by nothing but the certificate of an account of which no pod is known. `name` "*": any account of the
/// namespace; with an empty trust domain: whoever no other entry names.
struct StrangerEntry {
  std::string trust_domain;
  std::string name_space;
  std::string name;
  ClassRef peer_class;
};

/// Keys of RuleSet::accounts, asked for without a copy of the names.
struct AccountHash {
  using is_transparent = void;
  [[nodiscard]] std::size_t operator()(const kube::ObjectName& name) const noexcept {
    return (*this)(std::pair<std::string_view, std::string_view>(name.name_space, name.name));
  }
  [[nodiscard]] std::size_t operator()(const std::pair<std::string_view, std::string_view>& name) const noexcept {
    return std::hash<std::string_view>{}(name.first) * 31 + std::hash<std::string_view>{}(name.second);
  }
};
struct AccountEqual {
  using is_transparent = void;
  [[nodiscard]] bool operator()(const kube::ObjectName& a, const kube::ObjectName& b) const noexcept { return a == b; }
  [[nodiscard]] bool operator()(const std::pair<std::string_view, std::string_view>& a,
                                const kube::ObjectName& b) const noexcept {
    return a.first == b.name_space && a.second == b.name;
  }
  [[nodiscard]] bool operator()(const kube::ObjectName& a,
                                const std::pair<std::string_view, std::string_view>& b) const noexcept {
    return (*this)(b, a);
  }
};

enum class PolicyKind : std::uint8_t { kNetworkPolicy, kL7Policy };

/// A peer item that names a service account.
struct AccountCondition {
  std::string trust_domain;
  std::string name_space;
  std::string name;           ///< "*": any
  bool also_selects = false;  ///< ANDed with a selector, which a stranger cannot be known to meet

  [[nodiscard]] bool means(const std::string& domain, const std::string& space,
                           const std::string& account) const noexcept {
    return trust_domain == domain && name_space == space && (name == "*" || name == account);
  }
};

/// A rule with what its logs need. L7 members are meaningless for a NetworkPolicy rule.
struct Rule {
  std::string id;  ///< "namespace/policy/ingress[0]"; "namespace/policy" for a policy that could not be read
  PolicyKind kind = PolicyKind::kNetworkPolicy;
  bool unreadable = false;  ///< stands for a policy that could not be read
  kube::RuleAction action = kube::RuleAction::kAllow;
  kube::PolicyMode mode = kube::PolicyMode::kEnforce;
  kube::AppProtocol protocol = kube::AppProtocol::kTcp;
  TermId peers = kAnyPeer;  ///< on whatever port; with peers_text and ports_text for explanations
  std::string label;        ///< the rule's own name, may be empty
  std::string peers_text;
  std::string ports_text;

  std::vector<kube::HttpMatch> http;  ///< ORed; empty = every request
  std::vector<kube::SqlMatch> sql;
  std::optional<kube::WafInspect> waf;
  std::vector<kube::DlpInspect> dlp;
  std::vector<AccountCondition> accounts;  ///< peer items with a service account
  bool has_pod_items = false;              ///< peer items with selectors and no account
};

/// Whether a Deny by `rule`, on ports that are no named ones, may mean such a peer beyond what its class says.
[[nodiscard]] bool may_mean_stranger(const Rule& rule, MayBePod may_be) noexcept;

/// A rule where it applies to ports. `applies` is kAnyPeer, or the pods on which a named port has this number.
struct Entry {
  RuleId rule = kNoRule;
  TermId peers = kAnyPeer;
  TermId applies = kAnyPeer;

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// One direction of the workload. Its layers are never null.
struct DirectionTable {
  bool isolated = false;
  std::string unreadable_policy;  ///< "namespace/name" of a NetworkPolicy that isolates because it could not be read
  std::shared_ptr<const PortRows> anybody;      ///< the layer of rules that name nobody
  std::shared_ptr<const PortRows> outsider;     ///< the layer of Deny rules that may mean MayBePod::kOutside
  std::shared_ptr<const PortRows> perhaps_pod;  ///< … kNobody and kPodRange
  std::shared_ptr<const PortRows> stranger;     ///< … kStranger
  std::shared_ptr<const PortRows> everybody;    ///< all L7 rules of the ports, for explanations
  SharedList<RuleId> network_rules;             ///< of this direction, in the order of the files, for explanations
  SharedList<RuleId> l7_rules;
};

/// Owned by a Decider; never changed once compiled. A copy is cheap.
struct RuleSet {
  kube::ObjectName workload;
  std::string trust_domain;
  SharedMap<IpAddress, HostEntry> hosts;
  std::shared_ptr<const RangeTable> ranges;  ///< never null
  /// All live pods of an account are candidates.
  SharedMap<kube::ObjectName, ClassRef, AccountHash, AccountEqual> accounts;
  SharedList<StrangerEntry> strangers;            ///< ascending by (name is "*", trust domain, namespace, name)
  SharedList<std::shared_ptr<const Cell>> cells;  ///< by Cell::id
  SharedList<Rule> rules;
  DirectionTable ingress;
  DirectionTable egress;
  Errors warnings;  ///< rules that can never match, and the like

  [[nodiscard]] const DirectionTable& of(Way way) const noexcept { return way == Way::kIngress ? ingress : egress; }
};

}  // namespace gabion::config::policy
