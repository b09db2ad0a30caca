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

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
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
  EXPECT_TRUE(rules.cells.empty());
  EXPECT_EQ(rules.ranges->v4.size(), 1U);
  EXPECT_EQ(rules.hosts.find(address("10.0.0.1"))->plain, rules.hosts.find(address("10.0.0.2"))->plain);
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
  ASSERT_EQ(rules.ranges->v4.size(), 3U) << "before, all the blocks together, after";
  EXPECT_EQ(rules.ranges->v4[0].peer_class, rules.ranges->v4[2].peer_class);
  EXPECT_EQ(rules.cells.size(), 1U);
}

TEST(Compile, EqualPeerListsAreOneSet) {
  std::string rules_text;
  for (int i = 1; i <= 50; ++i) {
    rules_text += "{from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: " + std::to_string(i) + "}]},";
  }
  const RuleSet rules = compiled(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {ingress: [" +
      rules_text + "]}}");
  EXPECT_EQ(rules.hosts.find(address("10.0.0.2"))->plain->allow.size(), 1U);
  EXPECT_TRUE(rules.hosts.find(address("10.0.0.1"))->plain->allow.empty());
}

TEST(Compile, PortsAreCutAtRuleBoundsOnly) {
  const RuleSet rules = compiled(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {ingress: "
      "[{ports: [{port: 80, endPort: 90}, {port: 85}]}, {ports: [{port: 65535}]}]}}");
  std::vector<std::uint16_t> bounds;
  for (const auto& stretch : rules.ingress.anybody->of(kube::IpProtocol::kTcp)) {
    bounds.push_back(stretch.first);
  }
  EXPECT_EQ(bounds, (std::vector<std::uint16_t>{0, 80, 91, 65535}));
  EXPECT_TRUE(rules.ingress.anybody->of(kube::IpProtocol::kUdp).empty());
}

/// The index by the upper half of an address is made for many ranges only; both answer alike.
TEST(Compile, ManyRangesAreFoundAsFewAre) {
  std::string items;
  for (int i = 0; i < 200; ++i) {
    items += "{ipBlock: {cidr: 10.1." + std::to_string(i) + ".128/25}},";
  }
  const RuleSet rules = compiled(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {ingress: "
      "[{from: [" +
      items + "]}]}}");
  ASSERT_FALSE(rules.ranges->upper_half.empty());
  for (const auto& [text, inside] :
       {std::pair{"0.0.0.0", false}, std::pair{"10.0.255.255", false}, std::pair{"10.1.0.127", false},
        std::pair{"10.1.0.128", true}, std::pair{"10.1.199.255", true}, std::pair{"10.1.200.128", false},
        std::pair{"10.2.0.128", false}, std::pair{"255.255.255.255", false}}) {
    EXPECT_EQ(!rules.ranges->find(address(text))->allow.empty(), inside) << text;
  }
}

TEST(Compile, MoreThanTheBudgetIsAnErrorThatNamesThePod) {
  kube::Objects objects =
      kube::parse_manifests(std::string(kPods) + l7("ingress: [{ports: [{port: 1}], protocol: HTTP}]"), "f").value();
  kube::L7Rule rule = objects.l7_policies.front().ingress.front();
  for (int i = 1; i <= 8000; ++i) {  // each is open on all ports where the next one begins
    rule.ports = {kube::PortSpec{kube::IpProtocol::kTcp, static_cast<std::uint16_t>(i),
                                 static_cast<std::uint16_t>(65535 - i), ""}};
    objects.l7_policies.front().ingress.push_back(rule);
  }
  const auto rules = compile(objects, Workload{{"x", "a"}, ""});
  ASSERT_TRUE(rules.has_error());
  EXPECT_NE(rules.error().front().to_string().find("x/a: its policies need more than"), std::string::npos);
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
        Row{l7("ingress: [{ports: [{port: 1}], protocol: HTTP}]"),
            "x/l7: does not apply to x/h: hostNetwork pods are never isolated", "h"}}) {
    const RuleSet rules = compiled(row.policy, row.pod);
    ASSERT_EQ(rules.warnings.size(), 1U) << row.warning;
    EXPECT_EQ(rules.warnings.front().to_string(), row.warning);
  }
}

}  // namespace
}  // namespace gabion::config::policy
