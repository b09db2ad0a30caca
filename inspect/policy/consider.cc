// Asks the rules one by one, in the same words as decisions do, and keeps where each stopped.
#include "inspect/policy/consider.h"

#include <algorithm>
#include <array>

#include "inspect/policy/explain.h"

namespace gabion::inspect::policy {
namespace {

using config::kube::AppProtocol;
using config::kube::IpProtocol;
using config::kube::PolicyMode;
using config::kube::RuleAction;
using config::policy::Cell;
using config::policy::Entry;
using config::policy::kAnyPeer;
using config::policy::PolicyKind;
using config::policy::Rule;
using config::policy::RuleId;

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

bool lists(const Cell* cell, RuleId id) noexcept {
  return cell != nullptr && std::any_of(cell->l7.begin(), cell->l7.end(), [id](const std::vector<RuleId>& ids) {
           return std::binary_search(ids.begin(), ids.end(), id);
         });
}

class Consideration {
 public:
  Consideration(const Judge& judge, const Considered& asked)
      : judge_(judge),
        asked_(asked),
        peer_(judge.find(asked.facts)),
        place_(judge.place(asked.facts, peer_, asked.protocol)),
        here_(asked.protocol == IpProtocol::kTcp ? judge.everybody(asked.facts.side, asked.facts.port) : nullptr) {}

  [[nodiscard]] std::vector<RuleFate> run() const {
    const auto& table = judge_.table(asked_.facts.side);
    std::vector<RuleFate> fates;
    for (std::size_t i = 0; i < table.network_rules.size(); ++i) {
      fates.push_back(network_fate(table.network_rules[i]));
    }
    for (std::size_t i = 0; i < table.l7_rules.size(); ++i) {
      fates.push_back(l7_fate(table.l7_rules[i]));
    }
    return fates;
  }

 private:
  [[nodiscard]] const Rule& rule_of(RuleId id) const { return judge_.rules().rules[id]; }

  [[nodiscard]] RuleFate wrong_peer(const Rule& rule) const {
    return {&rule, Condition::kPeer,
            "peer: got " + describe_peer(asked_.facts, peer_, judge_.rules()) + ", want " + rule.peers_text, false};
  }

  [[nodiscard]] RuleFate wrong_port(const Rule& rule) const {
    return {&rule, Condition::kPort,
            "port: got " + std::to_string(asked_.facts.port) + "/" +
                std::string(config::kube::to_string(asked_.protocol)) + ", want " + rule.ports_text,
            false};
  }

  [[nodiscard]] RuleFate network_fate(RuleId id) const {
    const Rule& rule = rule_of(id);
    if (id == place_.network) {
      return {&rule, Condition::kNone, {}, false};
    }
    if (!surely_meets(peer_, Entry{id, rule.peers, kAnyPeer}, rule)) {
      return wrong_peer(rule);
    }
    // Of the rules that allow, the first decides; those after it are not asked about their ports.
    return id > place_.network ? RuleFate{&rule, Condition::kNone, "not needed: an earlier rule allows it", false}
                               : wrong_port(rule);
  }

  [[nodiscard]] RuleFate l7_fate(RuleId id) const {
    const Rule& rule = rule_of(id);
    if (!lists(here_, id)) {
      return wrong_port(rule);
    }
    const auto layers = place_.layers();
    return std::any_of(layers.begin(), layers.end(), [id](const Cell* cell) { return lists(cell, id); })
               ? message_fate(id)
               : wrong_peer(rule);
  }

  /// What the message says. REQUIRES: an L7 rule whose peer and port hold.
  [[nodiscard]] RuleFate message_fate(RuleId id) const {
    const Rule& rule = rule_of(id);
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
    return http_fate(id);
  }

  [[nodiscard]] RuleFate http_fate(RuleId id) const {
    const Rule& rule = rule_of(id);
    const auto& items = judge_.conditions()[id];
    const Reading reading = rule.action == RuleAction::kDeny ? Reading::kPossible : Reading::kCertain;
    RuleFate furthest{&rule, Condition::kNone, {}, false};
    for (std::size_t item = 0; item < items.size(); ++item) {
      const HttpMiss miss = items[item].first_miss(*asked_.request, reading);
      const Condition failed = condition_of(miss.field);
      if (failed == Condition::kNone) {
        return {&rule, Condition::kNone, {}, false};
      }
      if (item == 0 || failed > furthest.failed) {
        furthest = {&rule, failed, describe_miss(rule.http[item], miss, *asked_.request), false};
      }
    }
    return furthest;
  }

  const Judge& judge_;
  const Considered& asked_;
  Peer peer_;
  Place place_;
  const Cell* here_;  ///< all L7 rules of the port
};

/// Marks the rule that got furthest among those `wanted` picks, unless one of them is met; of equals the first, but
/// one that looks at peers only before one that needs a message.
template <class Wanted>
void mark_nearest(std::vector<RuleFate>& fates, Wanted wanted) {
  RuleFate* best = nullptr;
  for (auto& fate : fates) {
    if (!wanted(fate)) {
      continue;
    }
    if (fate.failed == Condition::kNone) {
      return;
    }
    const bool simpler = best != nullptr && fate.failed == best->failed && best->rule->protocol != AppProtocol::kTcp &&
                         fate.rule->protocol == AppProtocol::kTcp;
    if (best == nullptr || fate.failed > best->failed || simpler) {
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

std::vector<RuleFate> consider_rules(const Judge& judge, const Considered& asked) {
  auto fates = Consideration(judge, asked).run();
  mark_nearest(fates, [](const RuleFate& fate) { return fate.rule->kind == PolicyKind::kNetworkPolicy; });
  mark_nearest(fates, [](const RuleFate& fate) {
    return fate.rule->kind == PolicyKind::kL7Policy && fate.rule->action == RuleAction::kAllow &&
           fate.rule->mode == PolicyMode::kEnforce && fate.failed != Condition::kPort;
  });
  return fates;
}

}  // namespace gabion::inspect::policy
