// What a layer 4 verdict says of itself, and policies that could not be read.
#include <gtest/gtest.h>

#include <string>

#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

constexpr Side kIn = Side::kIngress;
constexpr Side kOut = Side::kEgress;

TEST(NetworkVerdict, NamesRuleAndBasis) {
  Cluster cluster(R"({apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {
    podSelector: {matchLabels: {app: a}}, ingress: [{ports: [{port: 1}]}, {from: [{podSelector: {}}], ports: [{port: 80}]}]}})");
  const Verdict allowed = cluster.network(kIn, "x/a", kPodB, 80);
  EXPECT_EQ(allowed.rule, "x/p/ingress[1]");
  EXPECT_EQ(allowed.policy_kind, "NetworkPolicy");
  EXPECT_EQ(allowed.basis, "rule");
  EXPECT_EQ(cluster.network(kOut, "x/a", kPodB, 80).basis, "not_isolated");
  EXPECT_EQ(cluster.network(kIn, "x/a", kOwnNode, 80).basis, "own_node");
  EXPECT_EQ(cluster.network(kIn, "x/a", kPodA, 80).basis, "self");
  const Verdict port = cluster.network(kIn, "x/a", kPodB, 81);
  EXPECT_EQ(port.reason, Reason::kPolicyDenied);
  EXPECT_EQ(port.basis, "no_rule");
  EXPECT_EQ(port.detail, "nearest rule x/p/ingress[0]: port: got 81, want 1/TCP");
}

TEST(NetworkVerdict, NearestMissTellsThePeer) {
  Cluster cluster(R"({apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {
    podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: c}}}, {ipBlock: {cidr: 192.0.2.0/24}}]}]}})");
  EXPECT_EQ(cluster.network(kIn, "x/a", kPodB, 80).detail,
            "nearest rule x/p/ingress[0]: peer: got 10.0.0.2 (pod x/b), "
            "want podSelector {app=c} or ipBlock 192.0.2.0/24");
}

TEST(NetworkVerdict, EqualNamesInTwoNamespacesAreTwoPolicies) {
  Cluster cluster(R"(
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {podSelector: {}}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: y}, spec: {ingress: [{}]}})");
  EXPECT_FALSE(cluster.network(kIn, "x/a", kPodB, 80).allowed());
  EXPECT_TRUE(cluster.network(kIn, "y/a", kPodB, 80).allowed());
}

TEST(NetworkVerdict, AbsentNamespaceIsDefault) {
  Cluster cluster("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {}}");
  EXPECT_EQ(cluster.objects().network_policies.front().name.to_string(), "default/p");
  EXPECT_TRUE(cluster.network(kIn, "x/a", kPodB, 80).allowed());
}

/// §2.2: two live pods on one address are both candidates: an Allow must match both.
TEST(NetworkVerdict, TwoPodsOnOneAddressMustBothMatch) {
  const std::string policy = R"(
{apiVersion: v1, kind: Pod, metadata: {name: twin, namespace: x, labels: {app: c}}, status: {podIP: 10.0.0.2}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {podSelector: {}, ingress: [)";
  Cluster one(policy + "{from: [{podSelector: {matchLabels: {app: b}}}]}]}}");
  EXPECT_FALSE(one.network(kIn, "x/a", kPodB, 80).allowed());
  Cluster both(policy + "{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [b, c]}]}}]}]}}");
  EXPECT_TRUE(both.network(kIn, "x/a", kPodB, 80).allowed());
}

/// §1.5: what cannot be read isolates what it selects and allows nothing.
TEST(UnreadableNetworkPolicy, IsolatesAndAllowsNothing) {
  Cluster cluster(R"({apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {
    podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress], ingress: [{}, {form: []}]}})");
  ASSERT_EQ(cluster.objects().refusals.size(), 1U);
  const Verdict verdict = cluster.network(kIn, "x/a", kPodB, 80);
  EXPECT_EQ(verdict.reason, Reason::kPolicyInvalid);
  EXPECT_EQ(verdict.rule, "x/p");
  EXPECT_EQ(verdict.basis, "invalid_policy");
  EXPECT_TRUE(cluster.network(kOut, "x/a", kPodB, 80).allowed()) << "policyTypes says Ingress only";
  EXPECT_TRUE(cluster.network(kIn, "x/b", kPodA, 80).allowed()) << "not selected";
}

struct Unreadable {
  const char* name;
  const char* spec;
  bool a_in, a_out, b_in, b_out;  ///< allowed afterwards
};

TEST(UnreadableNetworkPolicy, ScopeIsWhatCanBeRead) {
  for (const auto& row : {
           Unreadable{"bad selector", "{podSelector: {app: a}, policyTypes: [Ingress]}", false, true, false, true},
           Unreadable{"bad types", "{podSelector: {matchLabels: {app: a}}, policyTypes: [ingress]}", false, false, true,
                      true},
           Unreadable{"unknown field, no types", "{podSelector: {matchLabels: {app: a}}, egres: [{}]}", false, false,
                      true, true},
           Unreadable{"bad egress, no types", "{podSelector: {matchLabels: {app: a}}, egress: {}}", false, false, true,
                      true},
           Unreadable{"bad ingress, no types", "{podSelector: {matchLabels: {app: a}}, ingress: {}}", false, true, true,
                      true},
           Unreadable{"spec is no map", "[]", false, false, false, false},
       }) {
    Cluster cluster("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: " +
                    std::string(row.spec));
    EXPECT_FALSE(cluster.objects().refusals.empty()) << row.name;
    EXPECT_EQ(cluster.network(kIn, "x/a", kPodB, 80).allowed(), row.a_in) << row.name;
    EXPECT_EQ(cluster.network(kOut, "x/a", kPodB, 80).allowed(), row.a_out) << row.name;
    EXPECT_EQ(cluster.network(kIn, "x/b", kPodC, 80).allowed(), row.b_in) << row.name;
    EXPECT_EQ(cluster.network(kOut, "x/b", kPodC, 80).allowed(), row.b_out) << row.name;
  }
}

TEST(UnreadableNetworkPolicy, AnotherPolicyStillAllows) {
  Cluster cluster(R"(
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: bad, namespace: x}, spec: {form: []}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: good, namespace: x}, spec: {ingress: [{ports: [{port: 80}]}]}})");
  EXPECT_TRUE(cluster.network(kIn, "x/a", kPodB, 80).allowed());
  EXPECT_EQ(cluster.network(kIn, "x/a", kPodB, 81).reason, Reason::kPolicyInvalid);
}

}  // namespace
}  // namespace gabion::inspect::policy
