// Asks the rules one by one, in the same words as decisions do, and keeps where each stopped.
#include "inspect/policy/consider.h"

#include <algorithm>
#include <array>
#include <span>

namespace gabion::inspect::policy {
namespace {

using config::kube::AppProtocol;
using config::kube::PolicyMode;
using config::kube::RuleAction;
using config::policy::DirectionTable;
using config::policy::Entry;
using config::policy::kAnyPeer;
using config::policy::PolicyKind;
using config::policy::PortClass;
using config::policy::Rule;
using config::policy::RuleId;
using config::policy::RuleSet;

Condition condition_of(HttpField field) noexcept {
  switch (field) {
    case HttpField::kHost:
      return Condition::kHost;
    case HttpField::kMethod:
      return Condition::kMethod;
    case HttpField::kPath:
      return Condition::kPath;
    case HttpField::kHeader:
      return Condition::kHeader;
    case HttpField::kNone:
      return Condition::kNone;
  }
  return Condition::kNone;
}

const PortClass& port_class(const DirectionTable& table, const Considered& asked) {
  const auto& ports = table.ports[static_cast<std::size_t>(asked.protocol)];
  const auto after = std::upper_bound(ports.first.begin(), ports.first.end(), asked.facts.port);
  return ports.classes[static_cast<std::size_t>(after - ports.first.begin()) - 1];
}

class Consideration {
 public:
  Consideration(const Considered& asked, const RuleSet& rules, const RuleConditions& conditions)
      : asked_(asked),
        rules_(rules),
        conditions_(conditions),
        table_(asked.facts.side == Side::kIngress ? rules.ingress : rules.egress),
        port_(port_class(table_, asked)) {}

  [[nodiscard]] std::vector<RuleFate> run() const {
    std::vector<RuleFate> fates;
    for (const RuleId id : table_.network_rules) {
      fates.push_back(fate_of(id, port_.network));
    }
    for (const RuleId id : table_.l7_rules) {
      fates.push_back(fate_of(id, port_.l7));
      if (fates.back().failed == Condition::kNone) {
        fates.back() = message_fate(id);
      }
    }
    return fates;
  }

 private:
  [[nodiscard]] bool meets(const Entry& entry, const Rule& rule) const {
    return rule.action == RuleAction::kDeny ? may_meet(asked_.peer, entry, rule)
                                            : surely_meets(asked_.peer, entry, rule);
  }

  /// Peer and port.
  [[nodiscard]] RuleFate fate_of(RuleId id, std::span<const Entry> here) const {
    const Rule& rule = rules_.rules[id];
    if (std::any_of(here.begin(), here.end(), [&](const Entry& e) { return e.rule == id && meets(e, rule); })) {
      return {&rule, Condition::kNone, {}, false};
    }
    if (!meets(Entry{id, rule.peers, kAnyPeer}, rule)) {
      return {&rule, Condition::kPeer,
              "peer: got " + describe_peer(asked_.facts, asked_.peer, rules_) + ", want " + rule.peers_text, false};
    }
    return {&rule, Condition::kPort,
            "port: got " + std::to_string(asked_.facts.port) + "/" +
                std::string(config::kube::to_string(asked_.protocol)) + ", want " + rule.ports_text,
            false};
  }

  /// What the message says. REQUIRES: an L7 rule whose peer and port hold.
  [[nodiscard]] RuleFate message_fate(RuleId id) const {
    const Rule& rule = rules_.rules[id];
    if (rule.protocol == AppProtocol::kTcp) {
      return {&rule, Condition::kNone, {}, false};
    }
    if (asked_.request == nullptr) {
      return {&rule, Condition::kNone, "depends on the request", false};
    }
    if (rule.protocol != AppProtocol::kHttp) {
      return {&rule, Condition::kProtocol,
              "protocol: got HTTP, want " + std::string(config::kube::to_string(rule.protocol)), false};
    }
    const Reading reading = rule.action == RuleAction::kDeny ? Reading::kPossible : Reading::kCertain;
    RuleFate furthest{&rule, Condition::kNone, {}, false};
    bool first = true;
    for (std::size_t item = 0; item < conditions_[id].size(); ++item) {
      const HttpMiss miss = conditions_[id][item].first_miss(*asked_.request, reading);
      const Condition failed = condition_of(miss.field);
      if (failed == Condition::kNone) {
        return {&rule, Condition::kNone, {}, false};
      }
      if (first || failed > furthest.failed) {
        furthest = {&rule, failed, describe_miss(rule.http[item], miss, *asked_.request), false};
        first = false;
      }
    }
    return furthest;
  }

  const Considered& asked_;
  const RuleSet& rules_;
  const RuleConditions& conditions_;
  const DirectionTable& table_;
  const PortClass& port_;
};

/// Marks the rule that got furthest among those `wanted` picks, unless one of them is met.
template <class Wanted>
void mark_nearest(std::vector<RuleFate>& fates, Wanted wanted) {
  RuleFate* best = nullptr;
  for (auto& fate : fates) {
    if (!wanted(*fate.rule)) {
      continue;
    }
    if (fate.failed == Condition::kNone) {
      return;
    }
    if (best == nullptr || fate.failed > best->failed) {
      best = &fate;
    }
  }
  if (best != nullptr) {
    best->nearest = true;
  }
}

}  // namespace

std::string_view to_string(Condition condition) noexcept {
  constexpr std::array<std::string_view, 9> kWords{"peer", "port",   "protocol", "host", "method",
                                                   "path", "header", "sql",      ""};
  return kWords[static_cast<std::size_t>(condition)];
}

std::vector<RuleFate> consider_rules(const Considered& asked, const RuleSet& rules, const RuleConditions& conditions) {
  auto fates = Consideration(asked, rules, conditions).run();
  mark_nearest(fates, [](const Rule& rule) { return rule.kind == PolicyKind::kNetworkPolicy; });
  mark_nearest(fates, [](const Rule& rule) {
    return rule.kind == PolicyKind::kL7Policy && rule.action == RuleAction::kAllow &&
           rule.mode == PolicyMode::kEnforce && !rule.unreadable;
  });
  return fates;
}

}  // namespace gabion::inspect::policy
