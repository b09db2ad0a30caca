// Asks the judge about statements by rules written as YAML.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/kube/parse.h"
#include "inspect/policy/sql_offline.h"
#include "inspect/sql/rules/judge.h"

namespace gabion::inspect::sql {

/// One parser for all tests of the process: it spends a thread key.
inline SqlJudge& shared_judge() {
  static SqlJudge judge = SqlJudge::make().value();
  return judge;
}

/// The spec of an L7Policy without its podSelector.
inline std::shared_ptr<const SqlRules> rules_of(const std::string& spec) {
  const auto objects = config::kube::parse_manifests(
      "apiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: db, namespace: shop}\nspec:\n"
      "  podSelector: {}\n" +
          spec,
      "test");
  EXPECT_TRUE(objects.has_value() && objects->refusals.empty())
      << (objects ? objects->refusals.front().to_string() : objects.error().front().to_string());
  auto rules = policy::sql_rules_of(*objects, {"shop", "orders"}, config::kube::AppProtocol::kPostgresql);
  return rules.sides.empty() ? std::make_shared<const SqlRules>() : rules.sides.front();
}

/// Rules "allow" and "deny" with these items; empty: no such rule.
inline std::shared_ptr<const SqlRules> rules_of(const std::string& allow, const std::string& deny) {
  if (allow.empty() && deny.empty()) {
    return std::make_shared<const SqlRules>();
  }
  std::string spec = "  ingress:\n";
  if (!allow.empty()) {
    spec += "  - {name: allow, ports: [{port: 5432}], protocol: PostgreSQL, sql: [" + allow + "]}\n";
  }
  if (!deny.empty()) {
    spec += "  - {name: deny, action: Deny, ports: [{port: 5432}], protocol: PostgreSQL, sql: [" + deny + "]}\n";
  }
  return rules_of(spec);
}

inline SqlContext app_context() {
  return {"app", "shop", {"public"}, {true, true}};
}

/// "reason" or "reason: object".
inline std::string answer(const SqlSubject& subject, std::string_view text) {
  const auto verdict = shared_judge().judge(text, subject);
  EXPECT_EQ(verdict.allow, verdict.reason == SqlReason::kAllowed);
  return describe(verdict.reason, verdict.object);
}

struct Row {
  const char* allow;
  const char* deny;
  const char* text;
  const char* answer;
};

inline void expect_rows(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    const SqlSubject subject(rules_of(row.allow, row.deny), app_context());
    EXPECT_EQ(answer(subject, row.text), row.answer) << row.allow << " | " << row.deny << " | " << row.text;
  }
}

}  // namespace gabion::inspect::sql
