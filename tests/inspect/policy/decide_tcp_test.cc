// What rules say of a connection whose bytes nobody reads: peers decide, and rules of messages are never got round.
#include <gtest/gtest.h>

#include "tests/inspect/policy/l7_cluster.h"

namespace gabion::inspect::policy {
namespace {

Verdict decide(Cluster& cluster, std::string_view peer, std::uint16_t port, const char* account = nullptr) {
  config::SpiffeId id;
  ConnectionFacts facts;
  facts.side = Side::kIngress;
  facts.peer_address = config::IpAddress::parse(peer).value();
  facts.port = port;
  if (account != nullptr) {
    id = identity(account);
    facts.peer_identity = &id;
  }
  return cluster.decider("x/a").decide_tcp(facts);
}

constexpr const char* kRules = R"(  ingress:
  - {from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 6379}], protocol: TCP}
  - {from: [{serviceAccount: {name: sa-b}}], ports: [{port: 6380}], protocol: TCP}
  - {ports: [{port: 8080}], protocol: HTTP}
  - {action: Deny, ports: [{port: 8081}], protocol: HTTP, http: [{paths: [{prefix: /admin}]}]}
  - {action: Deny, ports: [{port: 5433}], protocol: PostgreSQL, sql: [{statements: [DDL]}]}
  - {action: Deny, from: [{podSelector: {matchLabels: {app: c}}}], ports: [{port: 6381}], protocol: TCP}
)";

TEST(DecideTcp, APeerOfAnAllowRuleMayAndTheRuleIsNamed) {
  auto cluster = with_l7(kRules);
  const auto verdict = decide(cluster, kPodB, 6379);
  EXPECT_TRUE(verdict.allowed());
  EXPECT_EQ(verdict.rule, "x/l7/ingress[0]");
  const auto other = decide(cluster, kPodC, 6379);
  EXPECT_EQ(other.reason, Reason::kPolicyDenied);
  EXPECT_EQ(other.basis, "l7_no_match");
}

TEST(DecideTcp, AnAccountNeedsItsCertificate) {
  auto cluster = with_l7(kRules);
  EXPECT_TRUE(decide(cluster, kPodB, 6380, "x/sa-b").allowed());
  EXPECT_EQ(decide(cluster, kPodB, 6380).reason, Reason::kNoIdentity);
}

TEST(DecideTcp, WhereAnyRuleReadsMessagesNothingPassesUnread) {
  auto cluster = with_l7(kRules);
  for (const std::uint16_t port : {8080, 8081, 5433}) {
    const auto verdict = decide(cluster, kPodB, port, "x/sa-b");
    EXPECT_EQ(verdict.reason, Reason::kPolicyDenied) << port;
    EXPECT_EQ(verdict.basis, "protocol_mismatch") << port;
    EXPECT_FALSE(verdict.detail.empty()) << port;
  }
}

TEST(DecideTcp, ADenyRuleOfPeersDeniesThemAlone) {
  auto cluster = with_l7(kRules);
  EXPECT_TRUE(decide(cluster, kPodB, 6381).allowed());
  EXPECT_EQ(decide(cluster, kPodC, 6381).rule, "x/l7/ingress[5]");
}

}  // namespace
}  // namespace gabion::inspect::policy
