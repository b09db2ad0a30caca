// What compiling itself promises: the workload must exist, sets stay small, and doubtful rules are remarked on.
#include "config/policy/compile.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/kube/parse.h"

namespace gabion::config::policy {
namespace {

constexpr const char* kPods = R"(
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, labels: {app: a}}, spec: {containers: [{ports: [{name: http, containerPort: 80}]}]}, status: {podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x, labels: {app: b}}, status: {podIP: 10.0.0.2}}
---
{apiVersion: v1, kind: Pod, metadata: {name: h, namespace: x}, spec: {hostNetwork: true}, status: {podIP: 172.18.0.2}}
---
)";

RuleSet compiled(const std::string& policies, const std::string& pod = "a") {
  const auto objects = kube::parse_manifests(kPods + policies, "f");
  return compile(objects.value(), Workload{{"x", pod}, "cluster.local"}).value();
}

std::string l7(const std::string& rules) {
  return "{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: l7, namespace: x}, spec: {podSelector: "
         "{}, " +
         rules + "}}";
}

TEST(Compile, AnUnknownWorkloadIsAnError) {
  const auto rules = compile(kube::Objects{}, Workload{{"x", "a"}, ""});
  ASSERT_TRUE(rules.has_error());
  EXPECT_EQ(rules.error().front().to_string(), "workload: no Pod x/a among the manifests");
}

TEST(Compile, WithoutPoliciesNothingIsIsolatedAndAllPeersAreOneClass) {
  const RuleSet rules = compiled("");
  EXPECT_FALSE(rules.ingress.isolated);
  EXPECT_FALSE(rules.egress.isolated);
  EXPECT_EQ(rules.peer_classes.size(), 1U);
  EXPECT_EQ(rules.ingress.cells.size(), 1U);
  EXPECT_EQ(rules.ranges_v4.size(), 1U);
}

TEST(Compile, EqualNeighboursShareClassesAndCells) {
  std::string items;
  for (int i = 0; i < 100; ++i) {
    items += "{ipBlock: {cidr: 192.0." + std::to_string(i) + ".0/24}},";
  }
  const RuleSet rules = compiled(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {ingress: "
      "[{from: [" +
      items + "]}]}}");
  EXPECT_EQ(rules.term_words, 1U);
  EXPECT_EQ(rules.ranges_v4.size(), 3U) << "before, all the blocks together, after";
  EXPECT_EQ(rules.peer_classes.size(), 2U);
}

TEST(Compile, PortsAreCutAtRuleBoundsOnly) {
  const RuleSet rules = compiled(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {ingress: "
      "[{ports: [{port: 80, endPort: 90}, {port: 85}]}, {ports: [{port: 65535}]}]}}");
  EXPECT_EQ(rules.ingress.ports[0].first, (std::vector<std::uint16_t>{0, 80, 85, 86, 91, 65535}));
  EXPECT_EQ(rules.ingress.ports[1].first, (std::vector<std::uint16_t>{0}));
}

TEST(Compile, DoubtfulRulesAreRemarkedOn) {
  struct Row {
    std::string policy;
    const char* warning;
    std::string pod = "a";
  };
  for (const auto& row :
       {Row{l7("egress: [{ports: [{port: http}], protocol: HTTP}]"),
            "x/l7/egress[0]: has only named ports: towards a destination that is no pod it neither matches nor closes"},
        Row{l7("egress: [{to: [{serviceAccount: {name: a}}], ports: [{port: 1}], protocol: HTTP}]"),
            "x/l7/egress[0]: a serviceAccount of a destination is never verified: the Allow cannot match by it"},
        Row{l7("ingress: [{ports: [{port: nope}], protocol: HTTP}]"),
            "x/l7/ingress[0]: port nope/TCP is not declared by x/a: it neither matches nor closes"},
        Row{l7("ingress: [{action: Deny, from: [{podSelector: {}}], ports: [{port: 1}], protocol: HTTP}]"),
            "x/l7/ingress[0]: denies by selector, and no Node objects tell which addresses are pods: addresses of no "
            "known "
            "pod are denied too"},
        Row{l7("ingress: [{ports: [{port: 1}], protocol: HTTP, inspect: {waf: {profile: a, mode: Block}}}]"),
            "x/l7/ingress[0]: inspect is read but not enforced by rule: the listener's inspection profile applies"},
        Row{l7("ingress: [{ports: [{port: 1}], protocol: HTTP}]"),
            "x/l7: does not apply to x/h: hostNetwork pods are never isolated", "h"}}) {
    const RuleSet rules = compiled(row.policy, row.pod);
    ASSERT_EQ(rules.warnings.size(), 1U) << row.warning;
    EXPECT_EQ(rules.warnings.front().to_string(), row.warning);
  }
}

}  // namespace
}  // namespace gabion::config::policy
