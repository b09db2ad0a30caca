// What each part of an AuthorizationPolicy becomes, and the code of everything that is not imported.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/kube/parse.h"
#include "config/policy/import.h"

namespace gabion::config::policy {
namespace {

std::string policy(const std::string& spec, const std::string& metadata = "namespace: shop, name: p") {
  return "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {" + metadata + "}\nspec: " + spec +
         "\n";
}

ImportResult imported(const std::string& text, const ImportOptions& options = {}) {
  return import_istio({{text, "f"}}, options);
}

kube::L7Policy first_of(const ImportResult& result) {
  const auto objects = kube::parse_manifests(result.manifests, "written");
  EXPECT_TRUE(objects.has_value() && objects->refusals.empty()) << result.manifests;
  const bool found = objects && !objects->l7_policies.empty();
  EXPECT_TRUE(found) << (result.findings.empty() ? "" : result.findings.front().to_string());
  return found ? objects->l7_policies.front() : kube::L7Policy{};
}

std::vector<std::string> codes(const ImportResult& result) {
  std::vector<std::string> list;
  for (const auto& finding : result.findings) {
    list.push_back(finding.code);
  }
  return list;
}

TEST(ImportIstio, AnAllowPolicyBecomesRulesAndClosesEveryOtherPort) {
  const auto result = imported(policy(R"({selector: {matchLabels: {app: orders}}, rules: [{
      from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}, {source: {namespaces: [ops]}}],
      to: [{operation: {methods: [GET], paths: [/a, /b/*], hosts: [orders.shop], ports: ["8080"]}}],
      when: [{key: "request.headers[X-Tenant]", values: [gold, "s*"]}]}]})"));
  EXPECT_EQ(result.imported, 1U);
  const auto made = first_of(result);
  EXPECT_EQ(made.name.to_string(), "shop/p");
  EXPECT_EQ(made.pod_selector.match_labels.at("app"), "orders");
  ASSERT_EQ(made.ingress.size(), 2U);
  const auto& rule = made.ingress[0];
  EXPECT_EQ(rule.protocol, kube::AppProtocol::kHttp);
  EXPECT_EQ((*rule.peers)[0].service_account->trust_domain, "cluster.local");
  EXPECT_EQ((*rule.peers)[1].service_account->name, "*");
  ASSERT_EQ(rule.http.size(), 2U);
  EXPECT_EQ(rule.http[0].paths[0].kind, kube::PathMatch::Kind::kExact);
  EXPECT_EQ(rule.http[0].paths[1].text, "/b/");
  EXPECT_EQ(rule.http[1].headers[0].kind, kube::HeaderMatch::Kind::kPrefix);
  const auto& closing = made.ingress[1];
  EXPECT_EQ(closing.protocol, kube::AppProtocol::kTcp);
  EXPECT_EQ(closing.ports[0].last, 65535);
  EXPECT_EQ(closing.peers->front().namespace_selector->match_expressions[0].op,
            kube::LabelRequirement::Operator::kDoesNotExist);
}

TEST(ImportIstio, WhatItSaysOfWhereItComesFrom) {
  EXPECT_NE(imported(policy("{}")).manifests.find("gabion.dev/imported-from: \"AuthorizationPolicy shop/p\""),
            std::string::npos)
      << imported(policy("{}")).manifests;
}

TEST(ImportIstio, AnAllowPolicyWithoutRulesOnlyCloses) {
  const auto made = first_of(imported(policy("{action: ALLOW}")));
  ASSERT_EQ(made.ingress.size(), 1U);
  EXPECT_TRUE(made.pod_selector.match_labels.empty());
}

TEST(ImportIstio, OperationsOfOnePortSetShareARule) {
  const auto made = first_of(imported(policy(R"({rules: [{to: [
      {operation: {paths: [/a], ports: ["80"]}}, {operation: {paths: [/b], ports: ["80"]}},
      {operation: {paths: [/c], ports: ["81"]}}, {operation: {ports: ["82"]}}]}]})")));
  ASSERT_EQ(made.ingress.size(), 4U);
  EXPECT_EQ(made.ingress[0].http.size(), 2U);
  EXPECT_EQ(made.ingress[2].protocol, kube::AppProtocol::kTcp);
}

TEST(ImportIstio, ADenyClosesNothingAndHoldsWhereNoHttpIsSpoken) {
  ImportOptions options;
  options.http_ports = {8080};
  const auto made =
      first_of(imported(policy(R"({action: DENY, rules: [{to: [{operation: {paths: [/a]}}]}]})"), options));
  ASSERT_EQ(made.ingress.size(), 2U);
  EXPECT_EQ(made.ingress[0].action, kube::RuleAction::kDeny);
  EXPECT_EQ(made.ingress[0].ports[0].first, 8080);
  EXPECT_EQ(made.ingress[1].protocol, kube::AppProtocol::kTcp);
  ASSERT_EQ(made.ingress[1].ports.size(), 2U);
  EXPECT_EQ(made.ingress[1].ports[0].last, 8079);
  EXPECT_EQ(made.ingress[1].ports[1].first, 8081);
}

TEST(ImportIstio, AuditAndDryRunAreDryRun) {
  const auto audit = imported(policy("{action: AUDIT, rules: [{}]}"));
  EXPECT_EQ(first_of(audit).mode, kube::PolicyMode::kDryRun);
  EXPECT_EQ(codes(audit), std::vector<std::string>{"W_AUDIT"});
  const auto dry =
      imported(policy("{rules: [{}]}", "namespace: shop, name: p, annotations: {\"istio.io/dry-run\": \"true\"}"));
  EXPECT_EQ(first_of(dry).mode, kube::PolicyMode::kDryRun);
}

TEST(ImportIstio, ExceptionsAloneBecomeADeny) {
  ImportOptions options;
  options.http_ports = {8080};
  const auto result = imported(policy("{rules: [{to: [{operation: {notPaths: [/a], notMethods: [PUT]}}]}]}"), options);
  const auto made = first_of(result);
  EXPECT_EQ(codes(result), std::vector<std::string>{"W_SPLIT"});
  ASSERT_EQ(made.ingress.size(), 3U);
  EXPECT_EQ(made.ingress[0].action, kube::RuleAction::kAllow);
  EXPECT_EQ(made.ingress[1].action, kube::RuleAction::kDeny);
  EXPECT_EQ(made.ingress[1].http.size(), 2U);
}

TEST(ImportIstio, PortsThatAreExcludedLeaveTheOthers) {
  const auto made = first_of(imported(policy(R"({rules: [{to: [{operation: {notPorts: ["80", "443"]}}]}]})")));
  ASSERT_EQ(made.ingress[0].ports.size(), 3U);
  EXPECT_EQ(made.ingress[0].ports[1].first, 81);
  EXPECT_EQ(made.ingress[0].ports[1].last, 442);
}

TEST(ImportIstio, BlocksKeepTheirHoles) {
  const auto made = first_of(imported(
      policy(R"({rules: [{from: [{source: {ipBlocks: [10.0.0.0/8, 192.0.2.7], notIpBlocks: [10.1.0.0/16]}}]}]})")));
  const auto& peers = *made.ingress[0].peers;
  EXPECT_EQ(peers[0].ip_block->except.size(), 1U);
  EXPECT_EQ(peers[1].ip_block->cidr.prefix_bits, 32);
}

TEST(ImportIstio, TheNarrowerOfTwoIdentitiesCounts) {
  const auto made = first_of(
      imported(policy("{rules: [{from: [{source: {serviceAccounts: [ops/a, shop/b], namespaces: [shop]}}]}]}")));
  ASSERT_EQ(made.ingress[0].peers->size(), 1U);
  EXPECT_EQ((*made.ingress[0].peers)[0].service_account->name, "b");
}

TEST(ImportIstio, AStarNeedsAValue) {
  const auto made = first_of(imported(policy(
      R"({rules: [{to: [{operation: {ports: ["80"]}}], when: [{key: "request.headers[x]", values: ["*"]}]}]})")));
  ASSERT_EQ(made.ingress[0].http.size(), 1U);
  EXPECT_EQ(made.ingress[0].http[0].headers[0].kind, kube::HeaderMatch::Kind::kRegex);
  EXPECT_EQ(made.ingress[0].http[0].headers[0].text, ".+");
}

TEST(ImportIstio, AMeshWidePolicyIsWrittenForEachNamespace) {
  ImportOptions options;
  options.expand_namespaces = {"shop", "ops"};
  const auto result = imported(policy("{}", "namespace: istio-system, name: deny-all"), options);
  const auto objects = kube::parse_manifests(result.manifests, "written").value();
  ASSERT_EQ(objects.l7_policies.size(), 2U);
  EXPECT_EQ(objects.l7_policies[1].name.to_string(), "ops/deny-all");
}

TEST(ImportIstio, MoreThanTheSchemaTakesIsSplit) {
  std::string paths;
  for (int i = 0; i < 2000; ++i) {
    paths += "\"/p" + std::to_string(i) + "\", ";
  }
  const auto result = imported(policy("{rules: [{to: [{operation: {ports: [\"80\"], paths: [" + paths + "]}}]}]}"));
  const auto objects = kube::parse_manifests(result.manifests, "written").value();
  EXPECT_TRUE(objects.refusals.empty());
  std::size_t found = 0;
  for (const auto& made : objects.l7_policies) {
    for (const auto& rule : made.ingress) {
      for (const auto& item : rule.http) {
        found += item.paths.size();
      }
    }
  }
  EXPECT_EQ(found, 2000U);
}

TEST(ImportIstio, EverythingElseIsRefusedWithItsCode) {
  struct Row {
    std::string spec;
    const char* code;
    const char* path;
  };
  const auto source = [](const std::string& text) { return "{rules: [{from: [{source: " + text + "}]}]}"; };
  const auto operation = [](const std::string& text) {
    return "{rules: [{to: [{operation: {ports: [\"80\"], " + text + "}}]}]}";
  };
  const auto when = [](const std::string& text) { return "{rules: [{when: [" + text + "]}]}"; };
  const Row rows[] = {
      {"{action: CUSTOM, provider: {name: x}, rules: [{}]}", "E_EXTAUTHZ", "spec.action"},
      {"{action: DENY}", "E_RULES", "spec"},
      {"{targetRefs: [{kind: Gateway}]}", "E_TARGETREF", "spec.targetRefs"},
      {"{rule: []}", "E_FIELD", "spec.rule"},
      {"{action: allow}", "E_FIELD", "spec.action"},
      {"{selector: {matchLabels: {app: 1}}}", "E_FIELD", "spec.selector.matchLabels"},
      {"{rules: [{from: []}]}", "E_EMPTY", "spec.rules[0].from"},
      {source("{}"), "E_EMPTY", "spec.rules[0].from[0].source"},
      {source("{principals: []}"), "E_EMPTY", "spec.rules[0].from[0].source.principals"},
      {source("{principals: [\"*\"]}"), "E_PRINCIPAL", "spec.rules[0].from[0].source.principals"},
      {source("{principals: [\"cluster.local/ns/a/sa/*\"]}"), "E_PRINCIPAL", "spec.rules[0].from[0].source.principals"},
      {source("{serviceAccounts: [\"a/*\"]}"), "E_PRINCIPAL", "spec.rules[0].from[0].source.serviceAccounts"},
      {source("{namespaces: [\"a*\"]}"), "E_NAMESPACE", "spec.rules[0].from[0].source.namespaces"},
      {source("{remoteIpBlocks: [10.0.0.0/8]}"), "E_XFF", "spec.rules[0].from[0].source.remoteIpBlocks"},
      {source("{requestPrincipals: [a]}"), "E_JWT", "spec.rules[0].from[0].source.requestPrincipals"},
      {source("{trustDomains: [a]}"), "E_TRUSTDOMAIN", "spec.rules[0].from[0].source.trustDomains"},
      {source("{notNamespaces: [a]}"), "E_NEGATIVE", "spec.rules[0].from[0].source.notNamespaces"},
      {source("{notIpBlocks: [10.0.0.0/8]}"), "E_NEGATIVE", "spec.rules[0].from[0].source.notIpBlocks"},
      {source("{ipBlocks: [10.0.0.0/8], notIpBlocks: [10.0.0.0/8]}"), "E_NEGATIVE",
       "spec.rules[0].from[0].source.notIpBlocks"},
      {source("{ipBlocks: [10.0.0.0/8], namespaces: [a]}"), "E_COMBINATION", "spec.rules[0].from[0].source"},
      {source("{serviceAccounts: [a/b], namespaces: [c]}"), "E_COMBINATION", "spec.rules[0].from[0].source"},
      {"{rules: [{to: [{operation: {paths: [/a]}}]}]}", "E_PORTS", "spec.rules[0]"},
      {operation("paths: [\"/a/../b\"]"), "E_PATH", "spec.rules[0].to[0].operation.paths"},
      {operation("paths: [\"/a%20b\"]"), "E_PATH", "spec.rules[0].to[0].operation.paths"},
      {operation("paths: [\"/a:b\"]"), "E_PATH", "spec.rules[0].to[0].operation.paths"},
      {operation("paths: [\"/a*b\"]"), "E_PATH", "spec.rules[0].to[0].operation.paths"},
      {operation("paths: [\"/{x}\"]"), "E_PATH", "spec.rules[0].to[0].operation.paths"},
      {operation("methods: [\"G*\"]"), "E_METHOD", "spec.rules[0].to[0].operation.methods"},
      {operation("hosts: [\"a*\"]"), "E_HOST", "spec.rules[0].to[0].operation.hosts"},
      {operation("notPaths: [/a]"), "E_NEGATIVE", "spec.rules[0]"},
      {"{rules: [{to: [{operation: {ports: [http]}}]}]}", "E_PORT", "spec.rules[0].to[0].operation.ports"},
      {when("{key: \"request.auth.claims[a]\", values: [b]}"), "E_CONDITION", "spec.rules[0].when[0].key"},
      {when("{key: \"connection.sni\", values: [b]}"), "E_CONDITION", "spec.rules[0].when[0].key"},
      {when("{key: \"request.headers[Host]\", values: [b]}"), "E_CONDITION", "spec.rules[0].when[0].values"},
      {when("{key: remote.ip, values: [10.0.0.1]}"), "E_XFF", "spec.rules[0].when[0].key"},
      {when("{key: source.namespace, notValues: [a]}"), "E_NEGATIVE", "spec.rules[0].when[0].notValues"},
  };
  for (const auto& row : rows) {
    const auto result = imported(policy(row.spec));
    EXPECT_EQ(result.refused, 1U) << row.spec;
    EXPECT_EQ(result.manifests, "") << row.spec;
    const bool found = std::any_of(result.findings.begin(), result.findings.end(), [&](const ImportFinding& one) {
      return one.code == row.code && one.where == "f:1:" + std::string(row.path);
    });
    EXPECT_TRUE(found) << row.spec << " " << row.code << " got "
                       << (result.findings.empty() ? "nothing" : result.findings.front().to_string());
  }
}

TEST(ImportIstio, OneObjectRefusedLeavesTheOthers) {
  const auto result = imported(policy("{action: DENY}") + "---\n" + policy("{}", "namespace: shop, name: q") +
                               "---\nkind: Service\napiVersion: v1\n");
  EXPECT_EQ(result.imported, 1U);
  EXPECT_EQ(result.refused, 1U);
  EXPECT_EQ(codes(result), (std::vector<std::string>{"E_RULES", "W_KIND"}));
  EXPECT_EQ(first_of(result).name.name, "q");
}

TEST(ImportIstio, ListsAndBrokenYaml) {
  EXPECT_EQ(imported("{apiVersion: v1, kind: List, items: [" +
                     std::string("{apiVersion: security.istio.io/v1, kind: "
                                 "AuthorizationPolicy, metadata: {name: p}, spec: {}}]}"))
                .imported,
            1U);
  EXPECT_EQ(imported("a: [").refused, 1U);
  EXPECT_EQ(imported("a: [").findings.front().code, "E_YAML");
}

TEST(ImportIstio, TheSameNameTwiceIsRefused) {
  const auto result = imported(policy("{}") + "---\n" + policy("{}"));
  EXPECT_EQ(result.imported, 1U);
  EXPECT_EQ(codes(result), std::vector<std::string>{"E_NAME"});
}

}  // namespace
}  // namespace gabion::config::policy
