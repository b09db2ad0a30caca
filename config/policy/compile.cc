// Picks the policies that select the workload and places their rules; sets and cells are built beside this file.
#include "config/policy/compile.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "config/policy/direction_builder.h"
#include "config/policy/peer_sets.h"

namespace gabion::config::policy {
namespace {

enum class Way : std::uint8_t { kIngress, kEgress };

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

class Compiler {
 public:
  Compiler(const kube::Objects& objects, const kube::Pod& pod, const Workload& workload)
      : objects_(objects), pod_(pod), peers_(objects, pod, workload.trust_domain) {
    rules_.workload = workload.pod;
    rules_.trust_domain = workload.trust_domain;
  }

  [[nodiscard]] CheckedResult<RuleSet> run();

 private:
  [[nodiscard]] bool selected(const kube::ObjectName& policy, const kube::LabelSelector& selector);
  void add_network_policy(const kube::NetworkPolicy& policy);
  void add_network_rules(const kube::NetworkPolicy& policy, const std::vector<kube::NetworkRule>& rules, Way way);
  void add_network_rule(const kube::ObjectName& policy, const kube::NetworkRule& rule, std::size_t index, Way way);
  void add_l7_policy(const kube::L7Policy& policy);
  void add_l7_rule(const kube::L7Policy& policy, const kube::L7Rule& rule, std::size_t index, Way way);
  void warn_about(const kube::L7Rule& rule, const Rule& made, Way way);

  using Place = std::function<void(const PortSpan&, TermId peers, TermId applies)>;
  /// Calls `place` for each stretch of numbers that `port` means.
  void resolve_port(const kube::PortSpec& port, const PeerSets::Peers& peers, const std::string& name_space, Way way,
                    const Place& place);

  [[nodiscard]] DirectionTable& table(Way way) { return way == Way::kIngress ? rules_.ingress : rules_.egress; }
  [[nodiscard]] DirectionBuilder& builder(Way way) { return way == Way::kIngress ? ingress_ : egress_; }
  void warn(std::string what, std::string where) {
    rules_.warnings.push_back(Error{std::move(what), std::move(where)});
  }

  const kube::Objects& objects_;
  const kube::Pod& pod_;
  PeerSets peers_;
  RuleSet rules_;
  DirectionBuilder ingress_;
  DirectionBuilder egress_;
};

bool Compiler::selected(const kube::ObjectName& policy, const kube::LabelSelector& selector) {
  if (policy.name_space != pod_.name.name_space || !selector.matches(pod_.labels)) {
    return false;
  }
  if (pod_.host_network) {
    warn("does not apply to " + pod_.name.to_string() + ": hostNetwork pods are never isolated", policy.to_string());
    return false;
  }
  return true;
}

void Compiler::resolve_port(const kube::PortSpec& port, const PeerSets::Peers& peers, const std::string& name_space,
                            Way way, const Place& place) {
  if (port.name.empty()) {
    place(PortSpan{port.protocol, port.first, port.last}, peers_.term(peers, name_space, std::nullopt), kAnyPeer);
    return;
  }
  if (way == Way::kIngress) {
    for (const auto& own : pod_.ports) {
      if (own.name == port.name && own.protocol == port.protocol) {
        place(PortSpan{port.protocol, own.port, own.port}, peers_.term(peers, name_space, std::nullopt), kAnyPeer);
      }
    }
    return;
  }
  for (const std::uint16_t number : peers_.numbers_of(port.name, port.protocol)) {
    const NamedPort named{port.name, port.protocol, number};
    place(PortSpan{port.protocol, number, number}, peers_.term(peers, name_space, named),
          peers_.term(std::nullopt, name_space, named));
  }
}

void Compiler::add_network_rule(const kube::ObjectName& policy, const kube::NetworkRule& rule, std::size_t index,
                                Way way) {
  const auto id = static_cast<RuleId>(rules_.rules.size());
  Rule made;
  made.id = rule_id(policy, way, index);
  made.peers = peers_.term(rule.peers, policy.name_space, std::nullopt);
  made.peers_text = rule.peers ? text_of(*rule.peers) : "any peer";
  made.ports_text = rule.ports ? text_of(*rule.ports) : "any port";
  rules_.rules.push_back(std::move(made));
  table(way).network_rules.push_back(id);
  if (!rule.ports) {
    const Entry entry{id, rules_.rules.back().peers, kAnyPeer};
    for (const auto protocol : {kube::IpProtocol::kTcp, kube::IpProtocol::kUdp, kube::IpProtocol::kSctp}) {
      builder(way).add_network(PortSpan{protocol, 0, 65535}, entry);
    }
    return;
  }
  for (const auto& port : *rule.ports) {
    resolve_port(port, rule.peers, policy.name_space, way,
                 [this, id, way](const PortSpan& span, TermId peers, TermId applies) {
                   builder(way).add_network(span, Entry{id, peers, applies});
                 });
  }
}

void Compiler::add_network_rules(const kube::NetworkPolicy& policy, const std::vector<kube::NetworkRule>& rules,
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

void Compiler::add_network_policy(const kube::NetworkPolicy& policy) {
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

void Compiler::warn_about(const kube::L7Rule& rule, const Rule& made, Way way) {
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
  if (rule.action == kube::RuleAction::kDeny && made.has_pod_items && !peers_.pod_ranges_known()) {
    warn(
        "denies by selector, and no Node objects tell which addresses are pods: addresses of no known pod are "
        "denied too",
        made.id);
  }
  if (rule.waf || !rule.dlp.empty()) {
    warn("inspect is read but not enforced by rule: the listener's inspection profile applies", made.id);
  }
}

void Compiler::add_l7_rule(const kube::L7Policy& policy, const kube::L7Rule& rule, std::size_t index, Way way) {
  const auto id = static_cast<RuleId>(rules_.rules.size());
  Rule made;
  made.id = policy.unreadable ? policy.name.to_string() : rule_id(policy.name, way, index);
  made.label = rule.name;
  made.kind = PolicyKind::kL7Policy;
  made.unreadable = policy.unreadable;
  made.peers = peers_.term(rule.peers, policy.name.name_space, std::nullopt);
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
      made.accounts.push_back(
          AccountCondition{wanted->trust_domain.empty() ? rules_.trust_domain : wanted->trust_domain,
                           wanted->name_space, wanted->name, selects});
    }
  }
  warn_about(rule, made, way);
  rules_.rules.push_back(std::move(made));
  table(way).l7_rules.push_back(id);
  for (const auto& port : rule.ports) {
    resolve_port(port, rule.peers, policy.name.name_space, way,
                 [this, id, way](const PortSpan& span, TermId peers, TermId applies) {
                   builder(way).add_l7(span, Entry{id, peers, applies});
                 });
  }
}

void Compiler::add_l7_policy(const kube::L7Policy& policy) {
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

CheckedResult<RuleSet> Compiler::run() {
  for (const auto& policy : objects_.network_policies) {
    add_network_policy(policy);
  }
  for (const auto& policy : objects_.l7_policies) {
    add_l7_policy(policy);
  }
  peers_.fill(rules_);
  std::size_t cell_budget = kMaxCells;
  if (!ingress_.build(rules_, rules_.ingress, cell_budget) || !egress_.build(rules_, rules_.egress, cell_budget)) {
    return Errors{Error{"its policies need more than " + std::to_string(kMaxCells) + " combinations of peers and ports",
                        pod_.name.to_string()}};
  }
  return std::move(rules_);
}

}  // namespace

CheckedResult<RuleSet> compile(const kube::Objects& objects, const Workload& workload) {
  const auto pod = std::find_if(objects.pods.begin(), objects.pods.end(),
                                [&workload](const kube::Pod& candidate) { return candidate.name == workload.pod; });
  if (pod == objects.pods.end()) {
    return Errors{Error{"no Pod " + workload.pod.to_string() + " among the manifests", "workload"}};
  }
  return Compiler(objects, *pod, workload).run();
}

}  // namespace gabion::config::policy
