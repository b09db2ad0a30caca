// Which SQL rules a connection gets, and which an account is told offline.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "inspect/policy/judge.h"
#include "inspect/policy/sql_offline.h"
#include "tests/inspect/policy/l7_cluster.h"

namespace gabion::inspect::policy {
namespace {

using config::kube::AppProtocol;

SqlAccess access(Cluster& cluster, std::string_view peer, std::uint16_t port, const char* account = nullptr) {
  config::SpiffeId id;
  ConnectionFacts facts;
  facts.side = Side::kIngress;
  facts.peer_address = config::IpAddress::parse(peer).value();
  facts.port = port;
  if (account != nullptr) {
    id = identity(account);
    facts.peer_identity = &id;
  }
  return cluster.decider("x/a").sql_access(facts, AppProtocol::kPostgresql);
}

std::vector<std::string> names(const SqlAccess& access) {
  std::vector<std::string> result;
  for (const auto& rule : access.rules->all()) {
    result.push_back(rule->name);
  }
  return result;
}

constexpr const char* kRules = R"(  ingress:
  - {name: b-reads, from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 5432}], protocol: PostgreSQL, sql: [{statements: [SELECT]}]}
  - {from: [{serviceAccount: {name: sa-b}}], ports: [{port: 5432}], protocol: PostgreSQL}
  - {name: no-ddl, action: Deny, ports: [{port: 5432}], protocol: PostgreSQL, sql: [{statements: [DDL]}]}
  - {from: [{podSelector: {matchLabels: {app: c}}}], ports: [{port: 5432}], protocol: TCP}
  - {ports: [{port: 8080}], protocol: HTTP}
  - {action: Deny, ports: [{port: 5433}], protocol: PostgreSQL, sql: [{statements: [DDL]}]}
  - {action: Deny, from: [{podSelector: {matchLabels: {app: c}}}], ports: [{port: 5434}], protocol: TCP}
)";

TEST(SqlAccess, TheRulesOfThePeerOnThePort) {
  auto cluster = with_l7(kRules);
  const auto b = access(cluster, kPodB, 5432);
  EXPECT_TRUE(b.verdict.allowed());
  EXPECT_EQ(names(b), (std::vector<std::string>{"x/l7/b-reads", "x/l7/no-ddl"}));
  EXPECT_TRUE(b.rules->closed().enforced);
  const auto certified = access(cluster, kPodB, 5432, "x/sa-b");
  EXPECT_EQ(names(certified), (std::vector<std::string>{"x/l7/b-reads", "x/l7/ingress[1]", "x/l7/no-ddl"}));
  const auto c = access(cluster, kPodC, 5432);
  EXPECT_EQ(names(c), (std::vector<std::string>{"x/l7/no-ddl", "x/l7/ingress[3]"}));
}

TEST(SqlAccess, APortThatOnlyDenyRulesNameStaysOpen) {
  auto cluster = with_l7(kRules);
  const auto open = access(cluster, kPodB, 5433);
  EXPECT_TRUE(open.verdict.allowed());
  EXPECT_FALSE(open.rules->closed().enforced);
  EXPECT_EQ(open.rules->all().size(), 1U);
  const auto none = access(cluster, kPodB, 6000);
  EXPECT_TRUE(none.verdict.allowed());
  EXPECT_TRUE(none.rules->all().empty());
}

TEST(SqlAccess, WhatNoStatementCanChangeIsSaidBeforeTheFirst) {
  auto cluster = with_l7(kRules);
  const auto stranger = access(cluster, kOutside, 5432);
  EXPECT_EQ(stranger.verdict.reason, Reason::kNoIdentity);
  EXPECT_EQ(stranger.verdict.basis, "l7_no_match");
  const auto known = access(cluster, kPodYA, 5432, "y/default");
  EXPECT_EQ(known.verdict.reason, Reason::kPolicyDenied);
  const auto http = access(cluster, kPodB, 8080);
  EXPECT_EQ(http.verdict.basis, "protocol_mismatch");
  const auto denied = access(cluster, kPodC, 5434);
  EXPECT_EQ(denied.verdict.basis, "l7_deny");
  EXPECT_EQ(denied.verdict.rule, "x/l7/ingress[6]");
}

TEST(SqlAccess, NetworkPolicyComesFirst) {
  Cluster cluster(
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: x}\n"
      "spec: {podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress]}\n");
  EXPECT_EQ(access(cluster, kPodB, 5432).verdict.reason, Reason::kPolicyDenied);
  EXPECT_TRUE(access(cluster, kPodA, 5432).verdict.allowed());
}

OfflineSqlRules offline(const std::string& manifests, const char* account) {
  const auto objects = config::kube::parse_manifests(manifests, "test");
  EXPECT_TRUE(objects.has_value() && objects->refusals.empty());
  return sql_rules_of(*objects, object_name(account), AppProtocol::kPostgresql);
}

std::vector<std::string> names(const OfflineSqlRules& rules, std::size_t side = 0) {
  std::vector<std::string> result;
  for (const auto& rule : rules.sides.at(side)->all()) {
    result.push_back(rule->name);
  }
  return result;
}

std::string policy_of(const std::string& spec) {
  return "apiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: db, namespace: data}\nspec:\n"
         "  podSelector: {matchLabels: {app: pg}}\n" +
         spec;
}

TEST(SqlOffline, AnAllowMustMeanTheAccountADenyMay) {
  const std::string policy = policy_of(R"(  ingress:
  - {name: account, from: [{serviceAccount: {namespace: shop, name: orders}}], ports: [{port: 5432}], protocol: PostgreSQL}
  - {name: other, from: [{serviceAccount: {namespace: shop, name: other}}], ports: [{port: 5432}], protocol: PostgreSQL}
  - {name: any, ports: [{port: 5432}], protocol: PostgreSQL, sql: [{statements: [SHOW]}]}
  - {name: by-label, from: [{podSelector: {matchLabels: {app: orders}}, namespaceSelector: {}}], ports: [{port: 5432}], protocol: PostgreSQL}
  - {name: deny-label, action: Deny, from: [{podSelector: {matchLabels: {app: orders}}, namespaceSelector: {}}], ports: [{port: 5432}], protocol: PostgreSQL, sql: [{statements: [DDL]}]}
  - {name: tcp, from: [{serviceAccount: {namespace: shop, name: '*'}}], ports: [{port: 5000, endPort: 6000}], protocol: TCP}
  - {name: http, ports: [{port: 80}], protocol: HTTP}
)");
  const auto unknown = offline(policy, "shop/orders");
  ASSERT_EQ(unknown.sides.size(), 1U);
  EXPECT_EQ(names(unknown),
            (std::vector<std::string>{"data/db/account", "data/db/any", "data/db/deny-label", "data/db/tcp"}));
  EXPECT_EQ(unknown.notes.size(), 1U);
  const auto known = offline(policy + R"(
---
apiVersion: v1
kind: Pod
metadata: {name: orders-0, namespace: shop, labels: {app: orders}}
spec: {serviceAccountName: orders}
status: {phase: Running, podIP: 10.0.0.1}
)",
                             "shop/orders");
  EXPECT_EQ(names(known), (std::vector<std::string>{"data/db/account", "data/db/any", "data/db/by-label",
                                                    "data/db/deny-label", "data/db/tcp"}));
  EXPECT_TRUE(known.notes.empty());
  const auto stranger = offline(policy, "x/y");
  EXPECT_EQ(names(stranger), (std::vector<std::string>{"data/db/any", "data/db/deny-label"}));
  EXPECT_TRUE(stranger.sides[0]->closed().enforced);
}

TEST(SqlOffline, EgressOfItsOwnPodsIsASideOfItsOwn) {
  const std::string policy = policy_of(R"(  egress:
  - {name: out, ports: [{port: 5432}], protocol: PostgreSQL, sql: [{statements: [SELECT]}]}
  ingress:
  - {name: in, ports: [{port: 5432}], protocol: PostgreSQL, sql: [{statements: [SELECT]}]}
)");
  const auto own = offline(policy, "data/any");
  ASSERT_EQ(own.sides.size(), 2U);
  EXPECT_EQ(names(own, 0), std::vector<std::string>{"data/db/out"});
  EXPECT_EQ(offline(policy, "shop/orders").sides.size(), 1U);
}

TEST(SqlOffline, WithoutARuleThereIsNoSide) {
  EXPECT_TRUE(offline(policy_of("  ingress: [{ports: [{port: 80}], protocol: HTTP}]\n"), "shop/orders").sides.empty());
}

}  // namespace
}  // namespace gabion::inspect::policy
