// Selectors, blocks and accounts asked about every known pod, every node and every stretch of other addresses.
#include "config/policy/peer_sets.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gabion::config::policy {
namespace {

/// The address after the last one of `cidr`; nothing if that is the end of the family.
std::optional<IpAddress> after(const Cidr& cidr) {
  std::array<std::uint8_t, 16> bytes = cidr.network.bytes();
  if (cidr.prefix_bits == 0) {
    return std::nullopt;
  }
  std::size_t at = (cidr.prefix_bits - 1U) / 8U;
  unsigned carry = 0x80U >> ((cidr.prefix_bits - 1U) % 8U);
  while (true) {
    carry += bytes[at];
    bytes[at] = static_cast<std::uint8_t>(carry & 0xFFU);
    carry >>= 8U;
    if (carry == 0) {
      break;
    }
    if (at == 0) {
      return std::nullopt;
    }
    --at;
  }
  if (!cidr.network.is_v4()) {
    return IpAddress::v6(bytes);
  }
  return IpAddress::v4((std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
                       (std::uint32_t{bytes[2]} << 8U) | bytes[3]);
}

void add_boundaries(const Cidr& cidr, bool v4, std::vector<IpAddress>& out) {
  if (cidr.network.is_v4() != v4) {
    return;
  }
  out.push_back(cidr.network);
  const auto next = after(cidr);
  if (!next) {
    return;
  }
  // ::ffff:0:0/96 are IPv4 addresses (R17): what follows ::fffe:0:0/96 among IPv6 addresses is ::1:0:0:0.
  out.push_back(next->is_v4() == v4 ? *next : IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
}

void set_bit(std::vector<std::uint64_t>& words, std::size_t bit) {
  words[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

}  // namespace

struct PeerSets::Subject {
  const kube::Pod* pod = nullptr;
  const IpAddress* address = nullptr;  ///< null: no ipBlock matches
  Answer selectors = Answer::kUnknown;
  bool verified = false;  ///< a certificate says whose account it is
};

PeerSets::PeerSets(const kube::Objects& objects, const kube::Pod& workload, std::string trust_domain)
    : objects_(objects), workload_(workload), trust_domain_(std::move(trust_domain)) {
  for (const auto& name_space : objects_.namespaces) {
    namespaces_.emplace(name_space.name, &name_space);
  }
  ranges_known_ =
      !objects_.nodes.empty() && std::all_of(objects_.nodes.begin(), objects_.nodes.end(),
                                             [](const kube::Node& node) { return !node.pod_cidrs.empty(); });
  collect_pods();
  collect_nodes();
}

void PeerSets::collect_pods() {
  for (const auto& pod : objects_.pods) {
    if (pod.terminal || pod.addresses.empty()) {
      continue;
    }
    const auto id = static_cast<PodId>(live_.size());
    live_.push_back(&pod);
    for (const auto& address : pod.addresses) {
      if (pod.host_network) {
        nodes_.emplace(address, HostKind::kNode);
      } else {
        pods_by_address_[address].push_back(id);
      }
    }
  }
}

void PeerSets::collect_nodes() {
  for (const auto& pod : objects_.pods) {
    for (const auto& address : pod.host_addresses) {
      nodes_.emplace(address, HostKind::kNode);
    }
  }
  for (const auto& node : objects_.nodes) {
    for (const auto& address : node.addresses) {
      const bool own = !workload_.node.empty() && node.name == workload_.node;
      auto& kind = nodes_.emplace(address, HostKind::kNode).first->second;
      kind = own ? HostKind::kOwnNode : kind;
    }
  }
  for (const auto& address : workload_.host_addresses) {
    nodes_[address] = HostKind::kOwnNode;
  }
}

TermId PeerSets::term(const Peers& peers, const std::string& name_space, const std::optional<NamedPort>& port) {
  if (!peers && !port) {
    return kAnyPeer;
  }
  const auto* list = peers ? &*peers : nullptr;
  const NamedPort named = port.value_or(NamedPort{});
  const auto [found, fresh] =
      term_ids_.emplace(std::tuple(list, named.name, named.protocol, named.number), static_cast<TermId>(terms_.size()));
  if (fresh) {
    terms_.push_back(Term{list, name_space, port});
  }
  return found->second;
}

std::vector<std::uint16_t> PeerSets::numbers_of(const std::string& name, kube::IpProtocol protocol) const {
  std::vector<std::uint16_t> numbers;
  for (const auto* pod : live_) {
    for (const auto& port : pod->ports) {
      if (port.name == name && port.protocol == protocol && !pod->host_network) {
        numbers.push_back(port.port);
      }
    }
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

const kube::Labels* PeerSets::namespace_labels(const std::string& name) const {
  const auto found = namespaces_.find(name);
  return found == namespaces_.end() ? nullptr : &found->second->labels;
}

/// REQUIRES: `peer` has a selector. Source: policy R9, R10; a Namespace not known yet is unknown, not "no".
PeerSets::Answer PeerSets::selectors(const kube::PeerSpec& peer, const Term& term, const Subject& subject) const {
  if (subject.pod == nullptr) {
    return subject.selectors;
  }
  if (subject.pod->host_network || (peer.pod_selector && !peer.pod_selector->matches(subject.pod->labels))) {
    return Answer::kNo;
  }
  if (!peer.namespace_selector) {
    return subject.pod->name.name_space == term.name_space ? Answer::kYes : Answer::kNo;
  }
  const auto* labels = namespace_labels(subject.pod->name.name_space);
  if (labels == nullptr) {
    return Answer::kUnknown;
  }
  return peer.namespace_selector->matches(*labels) ? Answer::kYes : Answer::kNo;
}

/// Without a certificate a known pod's account is inferred: good enough for a Deny, never for an Allow (policy §3.2).
PeerSets::Answer PeerSets::account(const kube::ServiceAccountPeer& wanted, const Subject& subject) const {
  if (subject.pod == nullptr) {
    return Answer::kUnknown;
  }
  const bool same = (wanted.trust_domain.empty() || wanted.trust_domain == trust_domain_) &&
                    wanted.name_space == subject.pod->name.name_space &&
                    (wanted.name == "*" || wanted.name == subject.pod->service_account);
  if (!same) {
    return Answer::kNo;
  }
  return subject.verified ? Answer::kYes : Answer::kUnknown;
}

PeerSets::Answer PeerSets::item(const kube::PeerSpec& peer, const Term& term, const Subject& subject) const {
  if (peer.ip_block) {
    return subject.address != nullptr && peer.ip_block->contains(*subject.address) ? Answer::kYes : Answer::kNo;
  }
  Answer result = Answer::kYes;
  if (peer.pod_selector || peer.namespace_selector) {
    result = selectors(peer, term, subject);
  }
  return peer.service_account ? std::min(result, account(*peer.service_account, subject)) : result;
}

PeerSets::Answer PeerSets::answer(const Term& term, const Subject& subject) const {
  if (term.port) {
    const auto is_port = [&term](const kube::ContainerPort& port) {
      return port.name == term.port->name && port.protocol == term.port->protocol && port.port == term.port->number;
    };
    if (subject.pod == nullptr || subject.pod->host_network ||
        std::none_of(subject.pod->ports.begin(), subject.pod->ports.end(), is_port)) {
      return Answer::kNo;
    }
  }
  if (term.peers == nullptr) {
    return Answer::kYes;
  }
  Answer best = Answer::kNo;
  for (const auto& peer : *term.peers) {
    best = std::max(best, item(peer, term, subject));
  }
  return best;
}

/// An Allow must match every candidate, a Deny any of them (policy §2.2). REQUIRES: at least one candidate.
PeerClassId PeerSets::peer_class(const std::vector<Subject>& candidates) {
  const std::size_t words = (terms_.size() + 63) / 64;
  PeerClass made{std::vector<std::uint64_t>(words), std::vector<std::uint64_t>(words)};
  for (std::size_t bit = 0; bit < terms_.size(); ++bit) {
    Answer least = Answer::kYes;
    Answer most = Answer::kNo;
    for (const auto& subject : candidates) {
      const Answer one = answer(terms_[bit], subject);
      least = std::min(least, one);
      most = std::max(most, one);
    }
    if (least == Answer::kYes) {
      set_bit(made.allow, bit);
    }
    if (most != Answer::kNo) {
      set_bit(made.deny, bit);
    }
  }
  std::vector<std::uint64_t> key = made.allow;
  key.insert(key.end(), made.deny.begin(), made.deny.end());
  const auto [entry, fresh] = class_ids_.emplace(std::move(key), static_cast<PeerClassId>(classes_.size()));
  if (fresh) {
    classes_.push_back(std::move(made));
  }
  return entry->second;
}

bool PeerSets::may_be_pod(const IpAddress& address) const {
  if (!ranges_known_) {
    return true;
  }
  return std::any_of(objects_.nodes.begin(), objects_.nodes.end(), [&address](const kube::Node& node) {
    return std::any_of(node.pod_cidrs.begin(), node.pod_cidrs.end(),
                       [&address](const Cidr& range) { return range.contains(address); });
  });
}

void PeerSets::fill_hosts(RuleSet& rules) {
  for (const auto& [address, pods] : pods_by_address_) {
    if (nodes_.contains(address)) {
      continue;
    }
    std::vector<Subject> plain;
    std::vector<Subject> verified;
    for (const PodId pod : pods) {
      plain.push_back(Subject{live_[pod], &address, Answer::kUnknown, false});
      verified.push_back(Subject{live_[pod], &address, Answer::kUnknown, true});
    }
    const bool self = pods.size() == 1 && live_[pods.front()] == &workload_;
    rules.hosts.push_back(
        HostEntry{address, self ? HostKind::kSelf : HostKind::kPod, peer_class(plain), peer_class(verified), pods});
  }
  for (const auto& [address, kind] : nodes_) {
    const PeerClassId node = peer_class({Subject{nullptr, &address, Answer::kUnknown, false}});
    rules.hosts.push_back(HostEntry{address, kind, node, node, {}});
  }
  std::sort(rules.hosts.begin(), rules.hosts.end(),
            [](const HostEntry& a, const HostEntry& b) { return a.address < b.address; });
}

void PeerSets::fill_accounts(RuleSet& rules) {
  std::map<std::pair<std::string, std::string>, std::vector<Subject>> candidates;
  for (const auto* pod : live_) {
    candidates[{pod->name.name_space, pod->service_account}].push_back(Subject{pod, nullptr, Answer::kUnknown, true});
  }
  for (const auto& [account, pods] : candidates) {
    rules.accounts.push_back(AccountEntry{account.first, account.second, peer_class(pods)});
  }
}

std::vector<IpAddress> PeerSets::boundaries(bool v4) const {
  std::vector<IpAddress> result{v4 ? IpAddress::v4(0) : IpAddress::v6({})};
  for (const auto& term : terms_) {
    if (term.peers == nullptr) {
      continue;
    }
    for (const auto& peer : *term.peers) {
      if (!peer.ip_block) {
        continue;
      }
      add_boundaries(peer.ip_block->cidr, v4, result);
      for (const auto& hole : peer.ip_block->except) {
        add_boundaries(hole, v4, result);
      }
    }
  }
  for (const auto& node : objects_.nodes) {
    for (const auto& range : node.pod_cidrs) {
      add_boundaries(range, v4, result);
    }
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

std::vector<RangeEntry> PeerSets::ranges(bool v4) {
  std::vector<RangeEntry> result;
  for (const auto& first : boundaries(v4)) {
    const Answer pods = may_be_pod(first) ? Answer::kUnknown : Answer::kNo;
    const PeerClassId id = peer_class({Subject{nullptr, &first, pods, false}});
    if (result.empty() || result.back().peer_class != id) {
      result.push_back(RangeEntry{first, id});
    }
  }
  return result;
}

void PeerSets::fill(RuleSet& rules) {
  for (const auto* pod : live_) {
    rules.pods.push_back(KnownPod{pod->name, pod->service_account});
  }
  fill_hosts(rules);
  fill_accounts(rules);
  rules.ranges_v4 = ranges(true);
  rules.ranges_v6 = ranges(false);
  rules.term_words = (terms_.size() + 63) / 64;
  rules.peer_classes = std::move(classes_);
}

}  // namespace gabion::config::policy
