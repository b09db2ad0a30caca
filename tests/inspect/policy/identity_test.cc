// Address and certificate judged together (policy §2.1, §2.2): agree, disagree, one alone.
#include <gtest/gtest.h>

#include <string>

#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

Verdict judge(Cluster& cluster, std::string_view address, const char* account, std::string_view pod = "x/a") {
  config::SpiffeId id;
  ConnectionFacts facts;
  facts.peer_address = config::IpAddress::parse(address).value();
  facts.port = 8080;
  if (account != nullptr) {
    id = identity(account);
    facts.peer_identity = &id;
  }
  RequestHead head;
  head.method = "GET";
  head.target = head.path = "/";
  head.authority = "h";
  return cluster.decider(pod).decide_request(facts, head);
}

/// One L7 rule on 8080 of x/a with these peers.
Cluster with_rule(const std::string& action, const std::string& from) {
  return Cluster(
      "{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: l7, namespace: x}, spec: {"
      "podSelector: {matchLabels: {app: a}}, ingress: [{action: " +
      action + ", ports: [{port: 8080}], protocol: HTTP, from: [" + from + "]}]}}");
}

TEST(Identity, OfAnotherPodThanTheAddressIsAMismatch) {
  Cluster cluster("");
  EXPECT_TRUE(judge(cluster, kPodB, "x/sa-b").allowed());
  for (const char* account : {"x/sa-a", "y/sa-b", "x/default", "other.example:x/sa-b"}) {
    const Verdict verdict = judge(cluster, kPodB, account);
    EXPECT_EQ(verdict.reason, Reason::kIdentityMismatch) << account;
    EXPECT_EQ(verdict.basis, "identity_mismatch") << account;
    EXPECT_NE(verdict.detail.find("10.0.0.2 (pod x/b) with spiffe://"), std::string::npos) << verdict.detail;
  }
}

TEST(Identity, MismatchIsJudgedAtTheOwnAddressToo) {
  Cluster cluster("");
  EXPECT_TRUE(judge(cluster, kPodA, "x/sa-a").allowed());
  EXPECT_EQ(judge(cluster, kPodA, "x/sa-b").reason, Reason::kIdentityMismatch);
}

TEST(Identity, APodWithoutAccountNameRunsAsDefault) {
  Cluster cluster("");
  EXPECT_TRUE(judge(cluster, kPodYA, "y/default").allowed());
  EXPECT_EQ(judge(cluster, kPodYA, "y/other").reason, Reason::kIdentityMismatch);
}

TEST(Identity, IsNotAskedOfTheDestination) {
  Cluster cluster("");
  const auto wrong = identity("x/sa-a");
  ConnectionFacts facts;
  facts.side = Side::kEgress;
  facts.peer_address = config::IpAddress::parse(kPodB).value();
  facts.peer_identity = &wrong;
  EXPECT_TRUE(cluster.decider("x/a").decide_connection(facts).allowed());
}

TEST(AllowByAccount, NeedsACertificate) {
  Cluster cluster = with_rule("Allow", "{serviceAccount: {name: sa-b}}");
  EXPECT_TRUE(judge(cluster, kPodB, "x/sa-b").allowed());
  const Verdict plain = judge(cluster, kPodB, nullptr);
  EXPECT_EQ(plain.reason, Reason::kNoIdentity);
  EXPECT_EQ(judge(cluster, kOutside, nullptr).reason, Reason::kNoIdentity);
  EXPECT_EQ(judge(cluster, kPodYA, nullptr).reason, Reason::kPolicyDenied) << "its account would not be allowed either";
  EXPECT_EQ(judge(cluster, kPodYA, "y/default").reason, Reason::kPolicyDenied);
}

TEST(AllowByAccount, StarIsAnyAccountOfTheNamespace) {
  Cluster cluster = with_rule("Allow", "{serviceAccount: {namespace: y, name: '*'}}");
  EXPECT_TRUE(judge(cluster, kPodYA, "y/default").allowed());
  EXPECT_TRUE(judge(cluster, kOutside, "y/of-nobody-known").allowed());
  EXPECT_FALSE(judge(cluster, kPodB, "x/sa-b").allowed());
}

TEST(AllowByAccount, TrustDomainDefaultsToTheOwnOne) {
  Cluster own = with_rule("Allow", "{serviceAccount: {namespace: ops, name: job}}");
  EXPECT_TRUE(judge(own, kOutside, "ops/job").allowed());
  EXPECT_FALSE(judge(own, kOutside, "other.example:ops/job").allowed());
  Cluster other = with_rule("Allow", "{serviceAccount: {namespace: ops, name: job, trustDomain: other.example}}");
  EXPECT_TRUE(judge(other, kOutside, "other.example:ops/job").allowed());
  EXPECT_FALSE(judge(other, kOutside, "ops/job").allowed());
}

TEST(AllowByAccount, IsAndedWithSelectors) {
  Cluster cluster = with_rule("Allow", "{serviceAccount: {name: sa-b}, podSelector: {matchLabels: {app: b}}}");
  EXPECT_TRUE(judge(cluster, kPodB, "x/sa-b").allowed());
  EXPECT_FALSE(judge(cluster, kPodC, "x/sa-b").allowed());
  EXPECT_FALSE(judge(cluster, kOutside, "x/sa-b").allowed()) << "x/c is a candidate too";
}

/// Address unknown (NAT): an Allow must match every live pod of the account, a Deny any.
TEST(Candidates, AllForAllowAnyForDeny) {
  Cluster one = with_rule("Allow", "{podSelector: {matchLabels: {app: b}}}");
  EXPECT_FALSE(judge(one, kOutside, "x/sa-b").allowed()) << "x/c has the account and is no app b";
  Cluster both = with_rule("Allow", "{podSelector: {matchExpressions: [{key: app, operator: In, values: [b, c]}]}}");
  EXPECT_TRUE(judge(both, kOutside, "x/sa-b").allowed());
  EXPECT_TRUE(judge(both, kOtherNode, "x/sa-b").allowed()) << "masqueraded behind a node";
  Cluster deny = with_rule("Deny", "{podSelector: {matchLabels: {app: c}}}");
  EXPECT_FALSE(judge(deny, kOutside, "x/sa-b").allowed());
  EXPECT_TRUE(judge(deny, kOutside, "x/sa-a").allowed());
}

TEST(Candidates, OfAnAccountOfNobodyAreUnknown) {
  Cluster allow = with_rule("Allow", "{podSelector: {}}");
  EXPECT_FALSE(judge(allow, kOutside, "x/ghost").allowed());
  Cluster deny = with_rule("Deny", "{podSelector: {matchLabels: {app: c}}}");
  EXPECT_FALSE(judge(deny, kOutside, "x/ghost").allowed());
  Cluster by_account = with_rule("Deny", "{serviceAccount: {name: other}}");
  EXPECT_TRUE(judge(by_account, kOutside, "x/ghost").allowed());
}

TEST(Candidates, ApplyToLayerFourAsWell) {
  Cluster cluster(R"({apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {
    podSelector: {matchLabels: {app: a}}, ingress: [{from: [{podSelector: {matchLabels: {app: a}}},
    {podSelector: {matchLabels: {app: c}}}]}]}})");
  EXPECT_FALSE(judge(cluster, kOutside, "x/sa-b").allowed());
  EXPECT_TRUE(judge(cluster, kOutside, "x/sa-a").allowed());
  EXPECT_FALSE(judge(cluster, kOutside, "x/ghost").allowed());
  EXPECT_FALSE(judge(cluster, kOutside, nullptr).allowed());
}

/// The address seen is still compared with blocks.
TEST(Candidates, BlocksMeetTheAddressSeen) {
  Cluster cluster = with_rule("Allow", "{ipBlock: {cidr: 192.0.2.0/24}}");
  EXPECT_TRUE(judge(cluster, kOutside, "x/ghost").allowed());
  EXPECT_TRUE(judge(cluster, kOutside, "x/sa-b").allowed());
  EXPECT_FALSE(judge(cluster, "198.51.100.1", "x/sa-b").allowed());
}

/// §2.2: no candidate is unknown, an address outside every pod range is certainly no pod.
TEST(DenyBySelector, FiresOnWhatMayBeAPod) {
  Cluster cluster = with_rule("Deny", "{podSelector: {matchLabels: {app: c}}}");
  EXPECT_FALSE(judge(cluster, kPodC, nullptr).allowed());
  EXPECT_TRUE(judge(cluster, kPodB, nullptr).allowed());
  EXPECT_FALSE(judge(cluster, kNobody, nullptr).allowed()) << "in a pod range, not known yet";
  EXPECT_TRUE(judge(cluster, kOutside, nullptr).allowed()) << "certainly no pod";
  EXPECT_FALSE(judge(cluster, kOtherNode, nullptr).allowed()) << "somebody behind a node (I7)";
}

TEST(DenyByAccount, TheInferredAccountDecidesWithoutMtls) {
  Cluster cluster = with_rule("Deny", "{serviceAccount: {name: sa-b}}");
  EXPECT_FALSE(judge(cluster, kPodB, nullptr).allowed());
  EXPECT_FALSE(judge(cluster, kPodB, "x/sa-b").allowed());
  EXPECT_TRUE(judge(cluster, kPodYA, nullptr).allowed());
  EXPECT_FALSE(judge(cluster, kOutside, nullptr).allowed()) << "nobody knows whose account it is";
  EXPECT_FALSE(judge(cluster, kOutside, "x/sa-b").allowed());
  EXPECT_TRUE(judge(cluster, kOutside, "x/sa-a").allowed());
}

TEST(Identity, OwnNodeWithACertificateStillPassesLayerFour) {
  Cluster cluster(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {}}");
  EXPECT_EQ(judge(cluster, kOwnNode, "x/sa-b").basis, "own_node");
  EXPECT_FALSE(judge(cluster, kOtherNode, "x/sa-b").allowed());
}

}  // namespace
}  // namespace gabion::inspect::policy
