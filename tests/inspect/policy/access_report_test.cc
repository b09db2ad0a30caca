// Explanations: every rule considered, what it failed at, the nearest miss, and agreement with the log's sentence.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "inspect/policy/access_report.h"
#include "inspect/policy/check_expectations.h"
#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

constexpr const char* kPolicies = R"(
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np, namespace: x}
spec:
  podSelector: {matchLabels: {app: a}}
  ingress:
  - {from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 8080}]}
  - {from: [{namespaceSelector: {matchLabels: {team: data}}}], ports: [{port: 9090}]}
---
apiVersion: gabion.dev/v1alpha1
kind: L7Policy
metadata: {name: l7, namespace: x}
spec:
  podSelector: {matchLabels: {app: a}}
  ingress:
  - {name: reads, ports: [{port: 8080}], protocol: HTTP, http: [{methods: [GET, HEAD], paths: [{prefix: /a}]}]}
  - {name: no-admin, action: Deny, ports: [{port: 8080}], protocol: HTTP, http: [{paths: [{prefix: /a/admin}]}]}
  - {name: writes, from: [{serviceAccount: {name: sa-b}}], ports: [{port: 8080}], protocol: HTTP,
     http: [{methods: [POST], hosts: [h], paths: [{exact: /a}], headers: [{name: t, present: true}]}]}
---
apiVersion: gabion.dev/v1alpha1
kind: L7Policy
metadata: {name: trial, namespace: x}
spec:
  podSelector: {matchLabels: {app: a}}
  mode: DryRun
  ingress:
  - {action: Deny, ports: [{port: 8080}], protocol: HTTP, http: [{methods: [HEAD]}]}
)";

ClusterView view_of(const std::string& policies) {
  auto objects = config::kube::parse_manifests(std::string(kInventory) + "\n---\n" + policies, "test");
  EXPECT_TRUE(objects.has_value() && objects->refusals.empty());
  return ClusterView(objects ? std::move(*objects) : config::kube::Objects{}, "cluster.local");
}

config::policy::Traffic traffic(const char* from, const char* to, std::uint16_t port) {
  config::policy::Traffic made;
  made.from = config::policy::End::parse(from).value();
  made.to = config::policy::End::parse(to).value();
  made.port = port;
  return made;
}

config::policy::Traffic request(const char* method, const char* path, std::uint16_t port = 8080) {
  auto made = traffic("x/b", "x/a", port);
  made.request = config::policy::HttpRequest{method, path, "h", {}};
  made.identity = identity("x/sa-b");
  return made;
}

const LayerLine* layer(const AccessReport& report, const std::string& name) {
  const auto found = std::find_if(report.layers.begin(), report.layers.end(),
                                  [&](const LayerLine& line) { return name_of(line) == name; });
  return found == report.layers.end() ? nullptr : &*found;
}

const RuleLine& rule(const LayerLine& line, const std::string& label) {
  return *std::find_if(line.considered.begin(), line.considered.end(),
                       [&](const RuleLine& one) { return one.label == label || one.rule == label; });
}

TEST(AccessReport, ADenialNamesEveryRuleWhatItMissedAndTheNearest) {
  auto view = view_of(kPolicies);
  const auto report = report_access(view, request("POST", "/a/x")).value();
  EXPECT_FALSE(report.allowed);
  EXPECT_EQ(report.reason, "policy_denied");
  const auto* l7 = layer(report, "L7 ingress");
  ASSERT_NE(l7, nullptr);
  EXPECT_EQ(l7->basis, "l7_no_match");
  ASSERT_EQ(l7->considered.size(), 4U);
  EXPECT_EQ(rule(*l7, "reads").text, "method: got \"POST\", want GET or HEAD");
  EXPECT_EQ(rule(*l7, "no-admin").failed, "path");
  EXPECT_EQ(rule(*l7, "writes").failed, "path");
  EXPECT_TRUE(rule(*l7, "writes").nearest);
  EXPECT_FALSE(rule(*l7, "reads").nearest);
  EXPECT_NE(report.detail.find("nearest rule x/l7/ingress[2] (writes)"), std::string::npos) << report.detail;
  EXPECT_TRUE(rule(*layer(report, "L4 ingress"), "x/np/ingress[0]").met);
  EXPECT_EQ(layer(report, "L4 egress")->text, "x/b is not isolated");
}

TEST(AccessReport, TheNearestIsTheOneOfTheLog) {
  auto view = view_of(kPolicies);
  for (const auto& asked :
       {request("POST", "/a/x"), request("PUT", "/a"), request("GET", "/b"), request("POST", "/a")}) {
    const auto report = report_access(view, asked).value();
    ASSERT_FALSE(report.allowed);
    const auto* l7 = layer(report, "L7 ingress");
    const auto nearest =
        std::find_if(l7->considered.begin(), l7->considered.end(), [](const auto& one) { return one.nearest; });
    ASSERT_NE(nearest, l7->considered.end());
    EXPECT_NE(report.detail.find("nearest rule " + nearest->rule), std::string::npos) << report.detail;
    EXPECT_NE(report.detail.find(nearest->text), std::string::npos) << report.detail << " / " << nearest->text;
  }
}

TEST(AccessReport, AnAllowNamesItsRules) {
  auto view = view_of(kPolicies);
  const auto report = report_access(view, request("GET", "/x/../a")).value();
  EXPECT_TRUE(report.allowed);
  EXPECT_EQ(report.rule, "x/l7/ingress[0]");
  EXPECT_EQ(layer(report, "L4 ingress")->rule, "x/np/ingress[0]");
  EXPECT_EQ(layer(report, "L7 ingress")->text, "L7Policy x/l7/ingress[0] (reads)");
  EXPECT_TRUE(report.dry_run.empty());
}

TEST(AccessReport, ADenyRuleAndADryRunAreTold) {
  auto view = view_of(kPolicies);
  const auto denied = report_access(view, request("GET", "/a/admin")).value();
  EXPECT_EQ(layer(denied, "L7 ingress")->text, "L7Policy x/l7/ingress[1] (no-admin) denies it");
  EXPECT_EQ(report_access(view, request("HEAD", "/a")).value().dry_run, "would deny by x/trial/ingress[0]");
}

TEST(AccessReport, Layer4NamesPeerOrPort) {
  auto view = view_of(kPolicies);
  const auto wrong_port = report_access(view, traffic("x/b", "x/a", 22)).value();
  const auto* l4 = layer(wrong_port, "L4 ingress");
  EXPECT_EQ(rule(*l4, "x/np/ingress[0]").failed, "port");
  EXPECT_EQ(rule(*l4, "x/np/ingress[1]").failed, "peer");
  EXPECT_TRUE(rule(*l4, "x/np/ingress[0]").nearest);
  EXPECT_EQ(layer(wrong_port, "L7 ingress"), nullptr);
  const auto node = report_access(view, traffic("node:n1", "x/a", 22)).value();
  EXPECT_TRUE(node.allowed);
  EXPECT_EQ(layer(node, "L4 egress")->basis, "no_pod");
}

TEST(AccessReport, EndsThatAreNotThereAreErrors) {
  auto view = view_of(kPolicies);
  EXPECT_EQ(report_access(view, traffic("x/nobody", "x/a", 1)).error().to_string(), "x/nobody: there is no such pod");
  EXPECT_EQ(report_access(view, traffic("x/a", "x/new", 1)).error().what, "has no address");
  EXPECT_EQ(report_access(view, traffic("x/a", "node:n7", 1)).error().what, "there is no node n7");
}

TEST(CheckExpectations, ComparesVerdictAndRule) {
  auto view = view_of(kPolicies);
  using config::policy::Expectation;
  auto get = request("GET", "/a");
  get.identity.reset();
  const std::vector<Expectation> tests{
      {"", get, false, true, "", 1},
      {"", get, false, false, "", 2},
      {"", get, false, true, "x/np/ingress[0]", 3},
      {"", get, false, true, "x/l7/ingress[2]", 4},
      {"", traffic("x/nobody", "x/a", 1), false, true, "", 5},
      {"", request("POST", "/a/x"), true, false, "", 6},
  };
  const auto outcomes = check_expectations(view, tests);
  using Kind = TestOutcome::Kind;
  const Kind wanted[] = {Kind::kPassed, Kind::kFailed, Kind::kPassed, Kind::kFailed, Kind::kError, Kind::kPassed};
  for (std::size_t i = 0; i < tests.size(); ++i) {
    EXPECT_EQ(outcomes[i].kind, wanted[i]) << i << outcomes[i].text;
  }
  EXPECT_EQ(outcomes[1].text, "allow by x/l7/ingress[0]");
}

}  // namespace
}  // namespace gabion::inspect::policy
