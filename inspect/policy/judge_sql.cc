// The part of the judge that finds the rules of a SQL connection; what they say of a statement is inspect/sql/rules'.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "inspect/policy/decide.h"
#include "inspect/policy/judge.h"

namespace gabion::inspect::policy {
namespace {

using config::kube::AppProtocol;
using config::kube::RuleAction;
using config::policy::Cell;
using config::policy::kNoRule;
using config::policy::PolicyKind;
using config::policy::PortState;
using config::policy::Rule;
using config::policy::RuleId;

bool is_sql(AppProtocol protocol) noexcept {
  return protocol == AppProtocol::kPostgresql || protocol == AppProtocol::kMysql;
}

/// Whether the rule has something to say to statements: one that looks at peers only allows them all, and when it
/// denies there are none.
bool speaks_of_statements(const Rule& rule) noexcept {
  const bool peers_only = rule.protocol == AppProtocol::kTcp;
  return rule.kind == PolicyKind::kL7Policy && !rule.unreadable &&
         (is_sql(rule.protocol) || (peers_only && rule.action == RuleAction::kAllow));
}

}  // namespace

std::string sql_rule_name(std::string_view id, std::string_view label) {
  std::string name(id);
  if (!label.empty()) {
    name.resize(name.rfind('/') + 1);
    name += label;
  }
  return name;
}

std::vector<DlpDemand> SqlAccess::demands_for(std::string_view user, std::string_view database) const {
  std::vector<DlpDemand> found;
  for (const SqlDemand& one : demands) {
    const auto& items = one.rule->items;
    if (std::any_of(items.begin(), items.end(), [&](const auto& item) { return item.is_for(user, database); })) {
      found.push_back(one.demand);
    }
  }
  return found;
}

void Judge::compile_sql() {
  auto made = std::make_shared<SqlConditions>();
  made->reserve(rules_.rules.size());
  for (const Rule& rule : rules_.rules) {
    made->push_back(speaks_of_statements(rule)
                        ? std::make_shared<const sql::SqlRule>(sql::SqlRule::compile(sql_rule_name(rule.id, rule.label),
                                                                                     rule.action, rule.mode, rule.sql))
                        : nullptr);
  }
  sql_ = std::move(made);
}

std::shared_ptr<const sql::SqlRules> Judge::sql_rules(const Place& at, AppProtocol protocol) const {
  std::vector<RuleId> ids;
  for (const Cell* cell : at.layers()) {
    for (const auto& ranked : cell->l7) {
      std::copy_if(ranked.begin(), ranked.end(), std::back_inserter(ids), [&](RuleId id) {
        const AppProtocol spoken = rules_.rules[id].protocol;
        return (*sql_)[id] != nullptr && (spoken == protocol || spoken == AppProtocol::kTcp);
      });
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<std::shared_ptr<const sql::SqlRule>> found;
  found.reserve(ids.size());
  for (const RuleId id : ids) {
    found.push_back((*sql_)[id]);
  }
  return std::make_shared<const sql::SqlRules>(std::move(found),
                                               sql::PortClosed{at.enforced.closed, at.with_dry_run.closed});
}

std::vector<SqlDemand> Judge::sql_demands(const Place& at, AppProtocol protocol) const {
  std::vector<SqlDemand> found;
  for (const RuleId id : demanding_) {
    const Rule& rule = rules_.rules[id];
    const bool applies = rule.protocol == protocol && (*sql_)[id] != nullptr &&
                         std::any_of(at.layers().begin(), at.layers().end(), [id](const Cell* cell) {
                           return std::any_of(cell->l7.begin(), cell->l7.end(), [id](const auto& ranked) {
                             return std::binary_search(ranked.begin(), ranked.end(), id);
                           });
                         });
    Demands demands;
    if (applies) {
      add_demands_of(rule, demands);
    }
    for (const DlpDemand& demand : demands.dlp) {
      found.push_back({(*sql_)[id], demand});
    }
  }
  return found;
}

Ruling Judge::session(const Place& at, AppProtocol protocol, Counted counted) const noexcept {
  const PortState& state = counted == Counted::kEnforced ? at.enforced : at.with_dry_run;
  if (const Ruling early = peers_only(at, counted); early.reason != Reason::kNone) {
    return early;
  }
  if ((state.parsed & ~config::policy::protocol_bit(protocol)) != 0) {
    return {Reason::kPolicyDenied, kNoRule, "protocol_mismatch"};
  }
  RuleId allows = first_of_peers(at, config::policy::L7Rank::kPeersAllow, counted);
  if (allows == kNoRule && is_sql(protocol)) {
    allows = first_of_peers(at, config::policy::L7Rank::kMessageAllow, counted);
  }
  if (allows != kNoRule) {
    return {Reason::kNone, allows, "rule"};
  }
  return state.closed ? Ruling{Reason::kPolicyDenied, kNoRule, "l7_no_match"} : Ruling{};
}

}  // namespace gabion::inspect::policy
