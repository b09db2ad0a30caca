// Peers are asked one by one, with "perhaps" as an answer of its own.
#include "inspect/policy/sql_offline.h"

#include <algorithm>
#include <utility>

#include "inspect/policy/judge.h"

namespace gabion::inspect::policy {
namespace {

using config::kube::AppProtocol;
using config::kube::L7Policy;
using config::kube::L7Rule;
using config::kube::Labels;
using config::kube::ObjectName;
using config::kube::Objects;
using config::kube::PeerSpec;
using config::kube::Pod;
using config::kube::PolicyMode;
using config::kube::PortSpec;
using config::kube::RuleAction;
using config::policy::Way;

enum class Answer { kNo, kPerhaps, kYes };

/// All pods say the same, or nobody knows.
template <class Test>
Answer ask(const std::vector<const Pod*>& pods, const Test& test) {
  const auto yes = std::count_if(pods.begin(), pods.end(), test);
  if (pods.empty() || (yes != 0 && yes != static_cast<std::ptrdiff_t>(pods.size()))) {
    return Answer::kPerhaps;
  }
  return yes == 0 ? Answer::kNo : Answer::kYes;
}

bool share_a_port(const std::vector<PortSpec>& left, const std::vector<PortSpec>& right) {
  return std::any_of(left.begin(), left.end(), [&right](const PortSpec& one) {
    return std::any_of(right.begin(), right.end(), [&one](const PortSpec& other) {
      return one.name == other.name && (!one.name.empty() || (one.first <= other.last && other.first <= one.last));
    });
  });
}

class Collection {
 public:
  Collection(const Objects& objects, const ObjectName& account, AppProtocol protocol)
      : objects_(objects), account_(account), protocol_(protocol) {
    for (const Pod& pod : objects.pods) {
      if (pod.name.name_space == account.name_space && pod.service_account == account.name && !pod.terminal) {
        pods_.push_back(&pod);
      }
    }
  }

  [[nodiscard]] OfflineSqlRules made() {
    OfflineSqlRules result;
    for (const Way way : {Way::kEgress, Way::kIngress}) {
      std::vector<std::shared_ptr<const sql::SqlRule>> rules;
      bool closed = false;
      for (const auto& policy : objects_.l7_policies) {
        add(policy, way, rules, closed);
      }
      if (closed || !rules.empty()) {
        result.sides.push_back(
            std::make_shared<const sql::SqlRules>(std::move(rules), sql::PortClosed{closed, closed}));
      }
    }
    result.notes = std::move(notes_);
    return result;
  }

 private:
  void add(const L7Policy& policy, Way way, std::vector<std::shared_ptr<const sql::SqlRule>>& rules, bool& closed) {
    if (way == Way::kEgress && selects(policy) == Answer::kNo) {
      return;
    }
    const auto& all = way == Way::kEgress ? policy.egress : policy.ingress;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const L7Rule& rule = all[i];
      if (!counts(rule, way)) {
        continue;
      }
      closed = closed || rule.action == RuleAction::kAllow;
      const std::string id =
          policy.name.to_string() + (way == Way::kEgress ? "/egress[" : "/ingress[") + std::to_string(i) + "]";
      const std::string name = sql_rule_name(id, rule.name);
      const Answer means = way == Way::kEgress ? Answer::kYes : meets(rule, policy.name.name_space);
      if (means == Answer::kYes || (means == Answer::kPerhaps && rule.action == RuleAction::kDeny)) {
        rules.push_back(std::make_shared<const sql::SqlRule>(
            sql::SqlRule::compile(name, rule.action, PolicyMode::kEnforce, rule.sql)));
      } else if (means == Answer::kPerhaps) {
        notes_.push_back(name + " is not counted: the manifests do not tell whether its peers mean " +
                         account_.to_string());
      }
    }
  }

  /// Whether the rule is about ports of the protocol.
  [[nodiscard]] bool counts(const L7Rule& rule, Way way) const {
    if (rule.protocol != AppProtocol::kTcp) {
      return rule.protocol == protocol_;
    }
    return std::any_of(objects_.l7_policies.begin(), objects_.l7_policies.end(), [&](const L7Policy& policy) {
      const auto& all = way == Way::kEgress ? policy.egress : policy.ingress;
      return std::any_of(all.begin(), all.end(), [&](const L7Rule& other) {
        return other.protocol == protocol_ && share_a_port(rule.ports, other.ports);
      });
    });
  }

  /// Whether a policy is one of the account's own pods. Without pods the namespace has to do.
  [[nodiscard]] Answer selects(const L7Policy& policy) const {
    if (policy.name.name_space != account_.name_space) {
      return Answer::kNo;
    }
    return ask(pods_, [&policy](const Pod* pod) { return policy.pod_selector.matches(pod->labels); });
  }

  [[nodiscard]] Answer meets(const L7Rule& rule, const std::string& own_namespace) const {
    if (!rule.peers) {
      return Answer::kYes;
    }
    Answer best = Answer::kNo;
    for (const auto& peer : *rule.peers) {
      best = std::max(best, meets(peer, own_namespace));
    }
    return best;
  }

  [[nodiscard]] Answer meets(const PeerSpec& peer, const std::string& own_namespace) const {
    if (peer.ip_block) {
      return Answer::kPerhaps;
    }
    if (peer.service_account) {
      const auto& wanted = *peer.service_account;
      if (wanted.name_space != account_.name_space || (wanted.name != "*" && wanted.name != account_.name)) {
        return Answer::kNo;
      }
    }
    if (!peer.pod_selector && !peer.namespace_selector) {
      return peer.service_account ? Answer::kYes : Answer::kNo;
    }
    const bool in_namespace = peer.namespace_selector ? peer.namespace_selector->matches(namespace_labels())
                                                      : peer.service_account || own_namespace == account_.name_space;
    if (!in_namespace) {
      return Answer::kNo;
    }
    if (!peer.pod_selector ||
        (peer.pod_selector->match_labels.empty() && peer.pod_selector->match_expressions.empty())) {
      return Answer::kYes;
    }
    return ask(pods_, [&peer](const Pod* pod) { return peer.pod_selector->matches(pod->labels); });
  }

  [[nodiscard]] Labels namespace_labels() const {
    const auto found = std::find_if(objects_.namespaces.begin(), objects_.namespaces.end(),
                                    [this](const auto& one) { return one.name == account_.name_space; });
    return found != objects_.namespaces.end() ? found->labels
                                              : Labels{{"kubernetes.io/metadata.name", account_.name_space}};
  }

  const Objects& objects_;
  const ObjectName& account_;
  AppProtocol protocol_;
  std::vector<const Pod*> pods_;
  std::vector<std::string> notes_;
};

}  // namespace

sql::SqlContext offline_context(std::string user, std::string database, std::vector<std::string> search_path) {
  return {std::move(user), std::move(database), std::move(search_path), {true, true, true, true}};
}

OfflineSqlRules sql_rules_of(const Objects& objects, const ObjectName& account, AppProtocol protocol) {
  return Collection(objects, account, protocol).made();
}

}  // namespace gabion::inspect::policy
