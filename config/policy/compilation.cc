// Policies that select the workload become rules on ports; who they mean is left to terms and classes.
#include "config/policy/compilation.h"

#include <algorithm>
#include <utility>

namespace gabion::config::policy {
namespace {

std::string rule_id(const kube::ObjectName& policy, Way way, std::size_t index) {
  return policy.to_string() + (way == Way::kIngress ? "/ingress[" : "/egress[") + std::to_string(index) + "]";
}

template <class Items>
std::string text_of(const Items& items) {
  std::string text;
  for (const auto& item : items) {
    text += text.empty() ? "" : " or ";
    text += item.to_string();
  }
  return text;
}

bool declares(const kube::Pod& pod, const kube::PortSpec& port) {
  return std::any_of(pod.ports.begin(), pod.ports.end(), [&port](const kube::ContainerPort& own) {
    return own.name == port.name && own.protocol == port.protocol;
  });
}

}  // namespace

Compilation::Compilation(const kube::Objects& policies_and_places, const kube::Pod& pod, const Workload& workload)
    : objects_(policies_and_places),
      pod_(pod),
      budget_(kMaxCells),
      book_(pod, policies_and_places.nodes),
      terms_(pod.name.name_space, workload.trust_domain, policies_and_places.namespaces),
      ingress_(*rules_, cells_, budget_),
      egress_(*rules_, cells_, budget_) {
  set_.workload = workload.pod;
  set_.trust_domain = workload.trust_domain;
}

bool Compilation::selected(const kube::ObjectName& policy, const kube::LabelSelector& selector) {
  if (policy.name_space != pod_.name.name_space || !selector.matches(pod_.labels)) {
    return false;
  }
  if (pod_.host_network) {
    warn("does not apply to " + pod_.name.to_string() + ": hostNetwork pods are never isolated", policy.to_string());
    return false;
  }
  return true;
}

/// A name is looked up on the destination (R14): here the own pod.
void Compilation::place_ports(const std::vector<kube::PortSpec>& ports, const Peers& peers, Way way,
                              const Place& place) {
  const TermId term = terms_.intern(peers, std::nullopt);
  for (const auto& port : ports) {
    if (port.name.empty()) {
      place(PortSpan{port.protocol, port.first, port.last}, term, kAnyPeer);
      continue;
    }
    for (const auto& own : pod_.ports) {
      if (way == Way::kIngress && own.name == port.name && own.protocol == port.protocol) {
        place(PortSpan{port.protocol, own.port, own.port}, term, kAnyPeer);
      }
    }
  }
  if (way == Way::kEgress) {
    place_named_egress(ports, peers, place);
  }
}

/// One placing for each number, on the pods where one of the rule's names has it.
void Compilation::place_named_egress(const std::vector<kube::PortSpec>& ports, const Peers& peers, const Place& place) {
  std::map<std::pair<kube::IpProtocol, std::uint16_t>, std::vector<std::string>> names;
  for (const auto& port : ports) {
    if (port.name.empty()) {
      continue;
    }
    auto& numbers = named_[{port.name, port.protocol}];
    numbers = book_.numbers_of(port.name, port.protocol);
    for (const std::uint16_t number : numbers) {
      names[{port.protocol, number}].push_back(port.name);
    }
  }
  for (const auto& [where, called] : names) {
    const auto& [protocol, number] = where;
    const NamedPort named{called, protocol, number};
    place(PortSpan{protocol, number, number}, terms_.intern(peers, named), terms_.intern(std::nullopt, named));
  }
}

void Compilation::add_network_rule(const kube::ObjectName& policy, const kube::NetworkRule& rule, std::size_t index,
                                   Way way) {
  const auto id = static_cast<RuleId>(rules_->size());
  Rule made;
  made.id = rule_id(policy, way, index);
  made.peers = terms_.intern(rule.peers, std::nullopt);
  made.peers_text = rule.peers ? text_of(*rule.peers) : "any peer";
  made.ports_text = rule.ports ? text_of(*rule.ports) : "any port";
  const Entry everywhere{id, made.peers, kAnyPeer};
  rules_->push_back(std::move(made));
  network_rules_[static_cast<std::size_t>(way)].push_back(id);
  if (!rule.ports) {
    for (const auto protocol : {kube::IpProtocol::kTcp, kube::IpProtocol::kUdp, kube::IpProtocol::kSctp}) {
      placed(way).add(PortSpan{protocol, 0, 65535}, everywhere);
    }
    return;
  }
  place_ports(*rule.ports, rule.peers, way, [this, id, way](const PortSpan& span, TermId peers, TermId applies) {
    placed(way).add(span, Entry{id, peers, applies});
  });
}

void Compilation::add_network_rules(const kube::NetworkPolicy& policy, const std::vector<kube::NetworkRule>& rules,
                                    Way way) {
  table(way).isolated = true;
  if (policy.unreadable) {
    table(way).unreadable_policy = policy.name.to_string();
    return;
  }
  for (std::size_t index = 0; index < rules.size(); ++index) {
    add_network_rule(policy.name, rules[index], index, way);
  }
}

void Compilation::add_network_policy(const kube::NetworkPolicy& policy) {
  if (!selected(policy.name, policy.pod_selector)) {
    return;
  }
  if (policy.isolates_ingress) {
    add_network_rules(policy, policy.ingress, Way::kIngress);
  }
  if (policy.isolates_egress) {
    add_network_rules(policy, policy.egress, Way::kEgress);
  }
}

void Compilation::warn_about(const kube::L7Rule& rule, const Rule& made, Way way) {
  for (const auto& port : rule.ports) {
    if (way == Way::kIngress && !port.name.empty() && !declares(pod_, port)) {
      warn("port " + port.to_string() + " is not declared by " + pod_.name.to_string() +
               ": it neither matches nor closes",
           made.id);
    }
  }
  const bool only_names =
      std::all_of(rule.ports.begin(), rule.ports.end(), [](const kube::PortSpec& port) { return !port.name.empty(); });
  if (way == Way::kEgress && only_names) {
    warn("has only named ports: towards a destination that is no pod it neither matches nor closes", made.id);
  }
  if (way == Way::kEgress && !made.accounts.empty() && rule.action == kube::RuleAction::kAllow) {
    warn("a serviceAccount of a destination is never verified: the Allow cannot match by it", made.id);
  }
  const bool blocks_known =
      !objects_.nodes.empty() && std::all_of(objects_.nodes.begin(), objects_.nodes.end(),
                                             [](const kube::Node& node) { return !node.pod_cidrs.empty(); });
  if (rule.action == kube::RuleAction::kDeny && made.has_pod_items && !blocks_known) {
    warn(
        "denies by selector, and no Node objects tell which addresses are pods: addresses of no known pod are "
        "denied too",
        made.id);
  }
}

Rule Compilation::make_l7_rule(const kube::L7Policy& policy, const kube::L7Rule& rule, std::size_t index, Way way) {
  Rule made;
  made.id = policy.unreadable ? policy.name.to_string() : rule_id(policy.name, way, index);
  made.label = rule.name;
  made.kind = PolicyKind::kL7Policy;
  made.unreadable = policy.unreadable;
  made.peers = terms_.intern(rule.peers, std::nullopt);
  made.peers_text = rule.peers ? text_of(*rule.peers) : "any peer";
  made.ports_text = text_of(rule.ports);
  made.action = rule.action;
  made.mode = policy.mode;
  made.protocol = rule.protocol;
  made.http = rule.http;
  made.sql = rule.sql;
  made.waf = rule.waf;
  made.dlp = rule.dlp;
  for (const auto& peer : rule.peers.value_or(std::vector<kube::PeerSpec>{})) {
    const bool selects = peer.pod_selector || peer.namespace_selector;
    made.has_pod_items = made.has_pod_items || (selects && !peer.service_account);
    if (const auto& wanted = peer.service_account) {
      made.accounts.push_back(AccountCondition{wanted->trust_domain.empty() ? set_.trust_domain : wanted->trust_domain,
                                               wanted->name_space, wanted->name, selects});
    }
  }
  return made;
}

void Compilation::add_l7_rule(const kube::L7Policy& policy, const kube::L7Rule& rule, std::size_t index, Way way) {
  const auto id = static_cast<RuleId>(rules_->size());
  rules_->push_back(make_l7_rule(policy, rule, index, way));
  warn_about(rule, rules_->back(), way);
  l7_rules_[static_cast<std::size_t>(way)].push_back(id);
  place_ports(rule.ports, rule.peers, way, [this, id, way](const PortSpan& span, TermId peers, TermId applies) {
    placed(way).add(span, Entry{id, peers, applies});
  });
}

void Compilation::add_l7_policy(const kube::L7Policy& policy) {
  if (!selected(policy.name, policy.pod_selector)) {
    return;
  }
  for (std::size_t index = 0; index < policy.ingress.size(); ++index) {
    add_l7_rule(policy, policy.ingress[index], index, Way::kIngress);
  }
  for (std::size_t index = 0; index < policy.egress.size(); ++index) {
    add_l7_rule(policy, policy.egress[index], index, Way::kEgress);
  }
}

/// All rules are placed: what follows from them for peers.
void Compilation::finish() {
  blocks_ = std::make_unique<BlockTable>(terms_.terms(), objects_.nodes, budget_);
  classes_ = std::make_unique<PeerClasses>(terms_, *blocks_, ingress_, egress_);
  ingress_.fill(set_.ingress);
  egress_.fill(set_.egress);
  book_.fill(*classes_, set_);
  set_.ranges = make_ranges(*classes_);
  set_.strangers = SharedList<StrangerEntry>(make_strangers(*classes_, *rules_));
  for (const Way way : {Way::kIngress, Way::kEgress}) {
    table(way).network_rules = SharedList<RuleId>(std::move(network_rules_[static_cast<std::size_t>(way)]));
    table(way).l7_rules = SharedList<RuleId>(std::move(l7_rules_[static_cast<std::size_t>(way)]));
  }
  set_.rules = SharedList<Rule>(rules_);
  note_cells(set_);
}

CheckedResult<RuleSet> Compilation::run() {
  for (const auto& policy : objects_.network_policies) {
    add_network_policy(policy);
  }
  for (const auto& policy : objects_.l7_policies) {
    add_l7_policy(policy);
  }
  finish();
  if (budget_.is_spent()) {
    return Errors{Error{"its policies need more than " + std::to_string(kMaxCells) + " combinations of peers and ports",
                        pod_.name.to_string()}};
  }
  return set_;
}

void Compilation::note_cells(RuleSet& rules) const {
  if (rules.cells.size() != cells_.cells().size()) {
    rules.cells = SharedList<std::shared_ptr<const Cell>>(cells_.cells());
  }
}

bool Compilation::add_to(const kube::Pod& pod, RuleSet& rules) {
  book_.add(pod);
  for (const auto& port : pod.ports) {
    const auto found = named_.find({port.name, port.protocol});
    if (found != named_.end() && !found->second.contains(port.port)) {
      return false;
    }
  }
  book_.refresh(pod, *classes_, rules);
  note_cells(rules);
  return true;
}

void Compilation::remove_from(const kube::Pod& pod, RuleSet& rules) {
  book_.remove(pod);
  book_.refresh(pod, *classes_, rules);
  note_cells(rules);
}

}  // namespace gabion::config::policy
