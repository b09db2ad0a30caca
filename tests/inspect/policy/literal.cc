// §1.1, §2.2 and §3.2 of the policy guide, in its words and its order.
#include "tests/inspect/policy/literal.h"

#include <algorithm>

namespace gabion::inspect::policy {
namespace {

namespace kube = config::kube;

}  // namespace

template <class Ask>
Truth Literal::of_all(const Peer& peer, const Ask& ask) const {
  if (peer.candidates.empty()) {
    return ask(nullptr);
  }
  Truth least = Truth::kYes;
  for (const auto* pod : peer.candidates) {
    least = std::min(least, ask(pod));
  }
  return least;
}

template <class Ask>
Truth Literal::of_any(const Peer& peer, const Ask& ask) const {
  if (peer.candidates.empty()) {
    return ask(nullptr);
  }
  Truth most = Truth::kNo;
  for (const auto* pod : peer.candidates) {
    most = std::max(most, ask(pod));
  }
  return most;
}

bool Literal::in_pod_range(const config::IpAddress& address) const {
  bool all_known = !objects_.nodes.empty();
  for (const auto& node : objects_.nodes) {
    all_known = all_known && !node.pod_cidrs.empty();
    for (const auto& range : node.pod_cidrs) {
      if (range.contains(address)) {
        return true;
      }
    }
  }
  return !all_known;  // nobody says which addresses are pods: any may be
}

/// Nobody whose word is better says otherwise: the object of the pod's node, of that family, or another node's.
bool Literal::is_believed(const kube::Pod& pod, const config::IpAddress& host) const {
  for (const auto& node : objects_.nodes) {
    for (const auto& address : node.addresses) {
      const bool speaks_of_it = !pod.node.empty() && node.name == pod.node && address.is_v4() == host.is_v4();
      if (speaks_of_it || address == host) {
        return false;
      }
    }
  }
  return true;
}

/// hostNetwork pods and host addresses are their node; the own one is R19's.
void Literal::find_node(const Question& asked, Peer& peer) const {
  const auto is_it = [&asked](const config::IpAddress& address) { return address == asked.peer; };
  for (const auto& node : objects_.nodes) {
    if (std::any_of(node.addresses.begin(), node.addresses.end(), is_it)) {
      peer.node = true;
      peer.own_node = peer.own_node || node.name == own_.node;
    }
  }
  for (const auto& pod : objects_.pods) {
    if (!is_believed(pod, asked.peer)) {
      continue;
    }
    const bool host =
        (!pod.terminal || &pod == &own_) && std::any_of(pod.host_addresses.begin(), pod.host_addresses.end(), is_it);
    const bool shares =
        pod.host_network && is_live(pod) && std::any_of(pod.addresses.begin(), pod.addresses.end(), is_it);
    peer.node = peer.node || host || shares;
    peer.own_node = peer.own_node || (host && &pod == &own_);
  }
}

Literal::Peer Literal::peer_of(const Question& asked) const {
  Peer peer;
  find_node(asked, peer);
  for (const auto& pod : objects_.pods) {
    const bool here = std::find(pod.addresses.begin(), pod.addresses.end(), asked.peer) != pod.addresses.end();
    if (!peer.node && is_live(pod) && !pod.host_network && here) {
      peer.candidates.push_back(&pod);
    }
  }
  peer.is_some_pod = peer.node || in_pod_range(asked.peer) ? Truth::kUnknown : Truth::kNo;
  if (!asked.identity) {
    return peer;
  }
  const auto has_account = [&asked](const kube::Pod* pod) {
    return asked.identity->trust_domain == kTrustDomain && pod->name.name_space == asked.identity->name_space &&
           pod->service_account == asked.identity->service_account;
  };
  if (!peer.candidates.empty()) {
    std::erase_if(peer.candidates, [&](const kube::Pod* pod) { return !has_account(pod); });
    peer.mismatch = peer.candidates.empty();
    return peer;
  }
  for (const auto& pod : objects_.pods) {
    if (is_live(pod) && has_account(&pod)) {
      peer.candidates.push_back(&pod);
    }
  }
  peer.is_some_pod = Truth::kUnknown;
  return peer;
}

bool Literal::is_self(const Question& asked, const Peer& peer) const {
  const bool own_address = std::find(own_.addresses.begin(), own_.addresses.end(), asked.peer) != own_.addresses.end();
  return own_address && !peer.node && !own_.host_network && is_live(own_) &&
         std::count_if(objects_.pods.begin(), objects_.pods.end(), [&](const kube::Pod& pod) {
           return is_live(pod) && !pod.host_network &&
                  std::find(pod.addresses.begin(), pod.addresses.end(), asked.peer) != pod.addresses.end();
         }) == 1;
}

Truth Literal::selects(const kube::PeerSpec& item, const std::string& name_space, const kube::Pod* pod,
                       const Peer& peer) const {
  if (pod == nullptr) {
    return peer.is_some_pod;
  }
  if (pod->host_network || (item.pod_selector && !item.pod_selector->matches(pod->labels))) {
    return Truth::kNo;
  }
  if (!item.namespace_selector) {
    return pod->name.name_space == name_space ? Truth::kYes : Truth::kNo;
  }
  for (const auto& known : objects_.namespaces) {
    if (known.name == pod->name.name_space) {
      return item.namespace_selector->matches(known.labels) ? Truth::kYes : Truth::kNo;
    }
  }
  return Truth::kUnknown;
}

Truth Literal::account(const kube::ServiceAccountPeer& wanted, const kube::Pod* pod, const Question& asked) const {
  const std::string domain = wanted.trust_domain.empty() ? std::string(kTrustDomain) : wanted.trust_domain;
  if (asked.identity) {
    const bool same = asked.identity->trust_domain == domain && asked.identity->name_space == wanted.name_space &&
                      (wanted.name == "*" || asked.identity->service_account == wanted.name);
    return same ? Truth::kYes : Truth::kNo;
  }
  if (pod == nullptr) {
    return Truth::kUnknown;
  }
  const bool inferred = domain == kTrustDomain && pod->name.name_space == wanted.name_space &&
                        (wanted.name == "*" || pod->service_account == wanted.name);
  return inferred ? Truth::kUnknown : Truth::kNo;
}

Truth Literal::meets(const std::optional<std::vector<kube::PeerSpec>>& items, const std::string& name_space,
                     const kube::Pod* pod, const Peer& peer, const Question& asked) const {
  Truth best = items ? Truth::kNo : Truth::kYes;
  for (const auto& item : items.value_or(std::vector<kube::PeerSpec>{})) {
    Truth one = Truth::kYes;
    if (item.ip_block) {
      one = item.ip_block->cidr.contains(asked.peer) ? Truth::kYes : Truth::kNo;
      for (const auto& hole : item.ip_block->except) {
        one = hole.contains(asked.peer) ? Truth::kNo : one;
      }
    }
    if (item.pod_selector || item.namespace_selector) {
      one = std::min(one, selects(item, name_space, pod, peer));
    }
    if (item.service_account) {
      one = std::min(one, account(*item.service_account, pod, asked));
    }
    best = std::max(best, one);
  }
  return best;
}

bool Literal::lists(const std::vector<kube::PortSpec>& ports, const kube::Pod* pod, const Question& asked,
                    kube::IpProtocol protocol) const {
  const kube::Pod* destination = asked.side == Side::kIngress ? &own_ : pod;
  return std::any_of(ports.begin(), ports.end(), [&](const kube::PortSpec& wanted) {
    if (wanted.protocol != protocol) {
      return false;
    }
    if (wanted.name.empty()) {
      return asked.port >= wanted.first && asked.port <= wanted.last;
    }
    return destination != nullptr && !destination->host_network &&
           std::any_of(destination->ports.begin(), destination->ports.end(), [&](const kube::ContainerPort& own) {
             return own.name == wanted.name && own.protocol == protocol && own.port == asked.port;
           });
  });
}

bool Literal::network(const Question& asked, const Peer& peer, kube::IpProtocol protocol) const {
  if (is_self(asked, peer) || (asked.side == Side::kIngress && peer.own_node)) {
    return true;
  }
  bool isolated = false;
  for (const auto& policy : objects_.network_policies) {
    const bool counts = asked.side == Side::kIngress ? policy.isolates_ingress : policy.isolates_egress;
    if (!counts || own_.host_network || policy.name.name_space != own_.name.name_space ||
        !policy.pod_selector.matches(own_.labels)) {
      continue;
    }
    isolated = true;
    for (const auto& rule : asked.side == Side::kIngress ? policy.ingress : policy.egress) {
      const Truth matches = of_all(peer, [&](const kube::Pod* pod) {
        const bool port = !rule.ports || lists(*rule.ports, pod, asked, protocol);
        return port ? meets(rule.peers, policy.name.name_space, pod, peer, asked) : Truth::kNo;
      });
      if (matches == Truth::kYes) {
        return true;
      }
    }
  }
  return !isolated;
}

bool Literal::network(const Question& asked) const {
  const Peer peer = peer_of(asked);
  return !peer.mismatch && network(asked, peer, asked.protocol);
}

/// What the rules of one or both modes come to.
struct Literal::Tally {
  bool closed = false;
  bool paths = false;
  std::set<kube::AppProtocol> parsed;
  std::set<std::string> allows;
  std::set<std::string> denies;

  [[nodiscard]] bool ambiguous(const Question& asked) const { return paths && doubtful_path(asked); }
  [[nodiscard]] bool refuses(const Question& asked) const {
    return parsed.size() > 1 || (!parsed.empty() && !parsed.contains(kube::AppProtocol::kHttp)) || ambiguous(asked);
  }
  [[nodiscard]] bool allowed(const Question& asked) const {
    return !refuses(asked) && denies.empty() && (!allows.empty() || !closed);
  }
};

void Literal::count(const kube::L7Policy& policy, const Question& asked, const Peer& peer, Tally& tally) const {
  const auto& rules = asked.side == Side::kIngress ? policy.ingress : policy.egress;
  for (std::size_t index = 0; index < rules.size(); ++index) {
    const kube::L7Rule& rule = rules[index];
    const std::string id = policy.name.to_string() + (asked.side == Side::kIngress ? "/ingress[" : "/egress[") +
                           std::to_string(index) + "]";
    const auto listed = [&](const kube::Pod* pod) {
      return lists(rule.ports, pod, asked, kube::IpProtocol::kTcp) ? Truth::kYes : Truth::kNo;
    };
    if (of_any(peer, listed) == Truth::kNo) {
      continue;
    }
    tally.closed = tally.closed || rule.action == kube::RuleAction::kAllow;
    if (rule.protocol != kube::AppProtocol::kTcp) {
      tally.parsed.insert(rule.protocol);
    }
    for (const auto& item : rule.http) {
      tally.paths = tally.paths || !item.paths.empty();
    }
    const auto matches = [&](const kube::Pod* pod) {
      return std::min({listed(pod), meets(rule.peers, policy.name.name_space, pod, peer, asked),
                       literal_http(rule.http, asked, rule.action)});
    };
    if (rule.action == kube::RuleAction::kAllow && of_all(peer, matches) == Truth::kYes) {
      tally.allows.insert(id);
    }
    if (rule.action == kube::RuleAction::kDeny && of_any(peer, matches) != Truth::kNo) {
      tally.denies.insert(id);
    }
  }
}

Literal::Tally Literal::tally(const Question& asked, const Peer& peer, bool with_dry_run) const {
  Tally result;
  for (const auto& policy : objects_.l7_policies) {
    const bool selects_own = !own_.host_network && policy.name.name_space == own_.name.name_space &&
                             policy.pod_selector.matches(own_.labels);
    if (selects_own && (with_dry_run || policy.mode == kube::PolicyMode::kEnforce)) {
      count(policy, asked, peer, result);
    }
  }
  return result;
}

LiteralVerdict Literal::request(const Question& asked) const {
  LiteralVerdict verdict;
  const Peer peer = peer_of(asked);
  verdict.mismatch = peer.mismatch;
  if (peer.mismatch || !network(asked, peer, kube::IpProtocol::kTcp)) {
    return verdict;
  }
  if (is_self(asked, peer)) {
    verdict.allowed = verdict.dry_run_allowed = true;
    return verdict;
  }
  const Tally enforced = tally(asked, peer, false);
  verdict.allowed = enforced.allowed(asked);
  verdict.ambiguous = enforced.ambiguous(asked);
  verdict.allows = enforced.allows;
  verdict.denies = enforced.denies;
  verdict.dry_run_allowed = tally(asked, peer, true).allowed(asked);
  return verdict;
}

}  // namespace gabion::inspect::policy
