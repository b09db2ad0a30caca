// What each part of a CiliumNetworkPolicy becomes, and the code of everything that is not imported.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/kube/parse.h"
#include "config/policy/import.h"

namespace gabion::config::policy {
namespace {

ImportOptions with_cluster() {
  ImportOptions options;
  options.cluster_cidrs = {Cidr::parse("10.0.0.0/8").value()};
  return options;
}

ImportResult imported(const std::string& spec, const ImportOptions& options = with_cluster()) {
  return import_cilium(
      {{"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {namespace: shop, name: p}\nspec: " + spec +
            "\n",
        "f"}},
      options);
}

kube::Objects written(const ImportResult& result) {
  auto objects = kube::parse_manifests(result.manifests, "written");
  EXPECT_TRUE(objects.has_value() && objects->refusals.empty()) << result.manifests;
  EXPECT_EQ(result.refused, 0U) << (result.findings.empty() ? "" : result.findings.front().to_string());
  return objects ? std::move(*objects) : kube::Objects{};
}

std::string first_code(const ImportResult& result) {
  return result.findings.empty() ? "" : result.findings.front().code;
}

kube::NetworkPolicy network_of(const std::string& spec) {
  const auto objects = written(imported(spec));
  EXPECT_EQ(objects.network_policies.size(), 1U);
  return objects.network_policies.empty() ? kube::NetworkPolicy{} : objects.network_policies.front();
}

std::string ingress(const std::string& rule) {
  return "{endpointSelector: {}, ingress: [" + rule + "]}";
}
std::string http(const std::string& item) {
  return ingress("{toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: [" + item + "]}}]}");
}
kube::HttpMatch item_of(const std::string& item, const ImportOptions& options = with_cluster()) {
  const auto objects = written(imported(http(item), options));
  const bool found = !objects.l7_policies.empty() && !objects.l7_policies[0].ingress[0].http.empty();
  EXPECT_TRUE(found) << item;
  return found ? objects.l7_policies[0].ingress[0].http[0] : kube::HttpMatch{};
}

TEST(ImportCilium, AnEmptyRuleIsolatesAndLetsNobodyIn) {
  const auto made = network_of(ingress("{}"));
  EXPECT_TRUE(made.isolates_ingress);
  EXPECT_FALSE(made.isolates_egress);
  EXPECT_TRUE(made.ingress.empty());
}

TEST(ImportCilium, NobodyIsNotAnybody) {
  EXPECT_TRUE(network_of(ingress("{fromEndpoints: []}")).ingress.empty());
  const auto everybody_here = network_of(ingress("{fromEndpoints: [{}]}"));
  ASSERT_EQ(everybody_here.ingress.size(), 1U);
  EXPECT_TRUE(everybody_here.ingress[0].peers->front().pod_selector);
  EXPECT_FALSE(everybody_here.ingress[0].peers->front().namespace_selector);
}

TEST(ImportCilium, LabelsOfPodsAndNamespacesAreToldApart) {
  const auto made = network_of(ingress(
      R"({fromEndpoints: [{matchLabels: {"k8s:app": web, "k8s:io.kubernetes.pod.namespace": ops}},
                          {matchExpressions: [{key: "io.cilium.k8s.namespace.labels.team", operator: Exists}]}]})"));
  const auto& peers = *made.ingress[0].peers;
  EXPECT_EQ(peers[0].pod_selector->match_labels.at("app"), "web");
  EXPECT_EQ(peers[0].namespace_selector->match_labels.at("kubernetes.io/metadata.name"), "ops");
  EXPECT_EQ(peers[1].namespace_selector->match_expressions[0].key, "team");
}

TEST(ImportCilium, EntitiesAndBlocks) {
  const auto world = network_of("{endpointSelector: {}, egress: [{toEntities: [world]}]}");
  ASSERT_EQ(world.egress[0].peers->size(), 2U);
  EXPECT_EQ((*world.egress[0].peers)[0].ip_block->except.size(), 1U);
  EXPECT_FALSE(network_of(ingress("{fromEntities: [all]}")).ingress[0].peers);
  EXPECT_TRUE(network_of(ingress("{fromEntities: [cluster]}")).ingress[0].peers->front().namespace_selector);
  const auto block = network_of(ingress("{fromCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]}"));
  EXPECT_EQ(block.ingress[0].peers->front().ip_block->except.size(), 1U);
}

TEST(ImportCilium, PortsOfEveryProtocol) {
  const auto made = network_of(ingress(
      R"({toPorts: [{ports: [{port: "53"}, {port: http, protocol: TCP}, {port: "0", protocol: UDP},
                             {port: "90", endPort: 99, protocol: TCP}]}]})"));
  ASSERT_TRUE(made.ingress[0].ports);
  const auto& ports = *made.ingress[0].ports;
  ASSERT_EQ(ports.size(), 6U);
  EXPECT_EQ(ports[2].protocol, kube::IpProtocol::kSctp);
  EXPECT_EQ(ports[3].name, "http");
  EXPECT_EQ(ports[4].last, 65535);
  EXPECT_EQ(ports[5].last, 99);
}

TEST(ImportCilium, HttpRulesBecomeAnL7Policy) {
  const auto item = item_of(
      R"({method: "GET|POST", path: "^/a/.*$", host: ".*\\.shop", headers: ["X-A: b", "X-C"],
          headerMatches: [{name: X-D, value: e}]})");
  EXPECT_EQ(item.methods.size(), 2U);
  EXPECT_EQ(item.paths[0].kind, kube::PathMatch::Kind::kPrefix);
  EXPECT_EQ(item.paths[0].text, "/a/");
  EXPECT_EQ(item.hosts[0], "*.shop");
  EXPECT_EQ(item.headers[0].text, "b");
  EXPECT_EQ(item.headers[1].kind, kube::HeaderMatch::Kind::kPresent);
  EXPECT_EQ(item.headers[2].name, "x-d");
}

TEST(ImportCilium, AnItemThatMeansEverythingLeavesNoCondition) {
  const auto objects = written(imported(http("{}, {method: GET}")));
  EXPECT_TRUE(objects.l7_policies[0].ingress[0].http.empty());
  EXPECT_EQ(objects.l7_policies[0].ingress[0].protocol, kube::AppProtocol::kHttp);
}

TEST(ImportCilium, PathsThatLookAtTheQueryNeedAWord) {
  EXPECT_EQ(first_code(imported(http("{path: /a}"))), "E_QUERY");
  auto options = with_cluster();
  options.ignore_query = true;
  EXPECT_EQ(item_of("{path: /a}", options).paths[0].kind, kube::PathMatch::Kind::kExact);
  EXPECT_EQ(first_code(imported(http("{path: /a}"), options)), "W_QUERY");
}

TEST(ImportCilium, ALayer4RuleBesideAnHttpRule) {
  const std::string both = ingress(
      R"({fromEndpoints: [{matchLabels: {app: a}}], toPorts: [{ports: [{port: "80"}]}]},
         {fromEndpoints: [{matchLabels: {app: b}}],
          toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET}]}}]})");
  const auto objects = written(imported(both));
  ASSERT_EQ(objects.l7_policies[0].ingress.size(), 2U);
  EXPECT_EQ(objects.l7_policies[0].ingress[1].protocol, kube::AppProtocol::kTcp);
  const std::string shadowed = ingress(
      R"({toPorts: [{ports: [{port: "80"}]}]},
         {toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET}]}}]})");
  EXPECT_EQ(first_code(imported(shadowed)), "E_L4_SHADOWS_L7");
  auto options = with_cluster();
  options.cilium_compat = true;
  EXPECT_EQ(written(imported(shadowed, options)).l7_policies[0].ingress.size(), 2U);
}

TEST(ImportCilium, DeniesOfTcpPorts) {
  const auto objects = written(imported(
      R"({endpointSelector: {}, ingressDeny: [{fromEndpoints: [{}], toPorts: [{ports: [{port: "22", protocol: TCP}]}]}]})"));
  EXPECT_TRUE(objects.network_policies[0].isolates_ingress);
  EXPECT_EQ(objects.l7_policies[0].ingress[0].action, kube::RuleAction::kDeny);
}

TEST(ImportCilium, SeveralSpecs) {
  const auto result =
      import_cilium({{"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p}\nspecs:\n"
                      "- {endpointSelector: {}, ingress: [{}]}\n- {endpointSelector: {}, egress: [{}]}\n",
                      "f"}},
                    {});
  EXPECT_EQ(written(result).network_policies.size(), 2U);
}

TEST(ImportCilium, EverythingElseIsRefusedWithItsCode) {
  struct Row {
    std::string spec;
    const char* code;
    const char* path;
  };
  const auto port = [](const std::string& text) { return ingress("{toPorts: [" + text + "]}"); };
  const Row rows[] = {
      {"{ingress: [{}]}", "E_FIELD", "spec.endpointSelector"},
      {"{nodeSelector: {}, ingress: [{}]}", "E_SCOPE", "spec.nodeSelector"},
      {"{endpointSelector: {}, ingress: []}", "E_EMPTY", "spec.ingress"},
      {"{endpointSelector: {}, ingres: [{}]}", "E_FIELD", "spec.ingres"},
      {"{endpointSelector: {matchLabels: {\"any:a\": b}}, ingress: [{}]}", "E_SELECTOR",
       "spec.endpointSelector.matchLabels"},
      {"{endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{}]}", "E_DEFAULT_DENY",
       "spec.enableDefaultDeny.ingress"},
      {ingress("{fromEndpoints: [{matchLabels: {\"reserved:host\": \"\"}}]}"), "E_SELECTOR",
       "spec.ingress[0].fromEndpoints[0].matchLabels"},
      {ingress("{fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: a}}]}"), "E_SELECTOR",
       "spec.ingress[0].fromEndpoints[0].matchLabels"},
      {ingress("{fromCIDR: [10.1.0.0/16]}"), "E_CIDR_PODS", "spec.ingress[0].fromCIDR[0]"},
      {ingress("{fromCIDRSet: [{cidrGroupRef: a}]}"), "E_CIDRGROUP", "spec.ingress[0].fromCIDRSet[0].cidrGroupRef"},
      {ingress("{fromEntities: [host]}"), "E_ENTITY", "spec.ingress[0].fromEntities[0]"},
      {ingress("{fromRequires: [{}]}"), "E_PEER", "spec.ingress[0].fromRequires"},
      {ingress("{icmps: [{}]}"), "E_PEER", "spec.ingress[0].icmps"},
      {"{endpointSelector: {}, egress: [{toFQDNs: [{matchName: a}]}]}", "E_PEER", "spec.egress[0].toFQDNs"},
      {ingress("{fromEndpoints: [{}], fromCIDR: [192.0.2.0/24]}"), "E_PEER", "spec.ingress[0]"},
      {ingress("{authentication: {mode: required}}"), "E_AUTH", "spec.ingress[0].authentication"},
      {port("{ports: []}"), "E_PORT", "spec.ingress[0].toPorts[0].ports"},
      {port("{ports: [{port: \"80\", protocol: ICMP}]}"), "E_PORT", "spec.ingress[0].toPorts[0].ports[0].protocol"},
      {port("{ports: [{port: \"a_b\"}]}"), "E_PORT", "spec.ingress[0].toPorts[0].ports[0].port"},
      {port("{ports: [{port: \"80\"}], rules: {dns: [{}]}}"), "E_L7KIND", "spec.ingress[0].toPorts[0].rules.dns"},
      {port("{ports: [{port: \"80\"}], terminatingTLS: {}}"), "E_TLS", "spec.ingress[0].toPorts[0].terminatingTLS"},
      {port("{ports: [{port: \"80\"}], rules: {http: []}}"), "E_EMPTY", "spec.ingress[0].toPorts[0].rules.http"},
      {port("{ports: [{port: \"80\", protocol: UDP}], rules: {http: [{}]}}"), "E_PORT", "spec.ingress[0]"},
      {http("{method: \"G.*\"}"), "E_METHOD", "spec.ingress[0].toPorts[0].rules.http[0].method"},
      {http("{host: \"a.*\"}"), "E_HOST", "spec.ingress[0].toPorts[0].rules.http[0].host"},
      {http("{path: \"/a|/b.*\"}"), "E_QUERY", "spec.ingress[0].toPorts[0].rules.http[0].path"},
      {http("{path: \"/[^/]{3}/b.*\"}"), "E_REGEX", "spec.ingress[0].toPorts[0].rules.http[0].path"},
      {http("{path: \"/[^%]+/b.*\"}"), "E_REGEX", "spec.ingress[0].toPorts[0].rules.http[0].path"},
      {http("{path: \"/a:b/.*\"}"), "E_REGEX", "spec.ingress[0].toPorts[0].rules.http[0].path"},
      {http("{path: \"/a/../b/.*\"}"), "E_PATH", "spec.ingress[0].toPorts[0].rules.http[0].path"},
      {http("{headers: [\"Host: a\"]}"), "E_HEADER", "spec.ingress[0].toPorts[0].rules.http[0].headers"},
      {http("{headerMatches: [{name: a, secret: {name: b}}]}"), "E_HEADER",
       "spec.ingress[0].toPorts[0].rules.http[0].headerMatches[0].secret"},
      {"{endpointSelector: {}, ingressDeny: [{fromEndpoints: [{}]}]}", "E_DENY", "spec.ingressDeny[0]"},
      {"{endpointSelector: {}, ingressDeny: [{toPorts: [{ports: [{port: \"22\"}]}]}]}", "E_DENY",
       "spec.ingressDeny[0]"},
  };
  for (const auto& row : rows) {
    const auto result = imported(row.spec);
    EXPECT_EQ(result.refused, 1U) << row.spec;
    EXPECT_EQ(result.manifests, "") << row.spec;
    const bool found = std::any_of(result.findings.begin(), result.findings.end(), [&](const ImportFinding& one) {
      return one.code == row.code && one.where == "f:1:" + std::string(row.path);
    });
    EXPECT_TRUE(found) << row.spec << " " << row.code << " got "
                       << (result.findings.empty() ? "nothing" : result.findings.front().to_string());
  }
  const auto clusterwide = import_cilium(
      {{"apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: p}\n", "f"}}, {});
  EXPECT_EQ(first_code(clusterwide), "E_SCOPE");
  EXPECT_EQ(first_code(imported(ingress("{fromCIDR: [192.0.2.0/24]}"), {})), "E_CIDR_PODS");
  EXPECT_EQ(first_code(imported(ingress("{fromEntities: [world]}"), {})), "E_ENTITY");
}

}  // namespace
}  // namespace gabion::config::policy
