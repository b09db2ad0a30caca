// What is written reads back as the same policy: written again it is the same text.
#include <gtest/gtest.h>

#include <string>

#include "config/kube/emit.h"
#include "config/kube/parse.h"

namespace gabion::config::kube {
namespace {

Objects read(const std::string& text) {
  auto objects = parse_manifests(text, "f");
  EXPECT_TRUE(objects.has_value()) << (objects ? "" : objects.error().front().to_string()) << text;
  EXPECT_TRUE(objects && objects->refusals.empty())
      << (objects && !objects->refusals.empty() ? objects->refusals.front().to_string() : "") << text;
  return objects ? std::move(*objects) : Objects{};
}

TEST(Emit, ANetworkPolicyComesBack) {
  const auto objects = read(R"(
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np, namespace: "123"}
spec:
  podSelector: {matchLabels: {app: "true", n: "1", e: ""}, matchExpressions: [{key: y, operator: NotIn, values: ["no", a]}]}
  policyTypes: [Ingress, Egress]
  ingress:
  - {}
  - from: [{podSelector: {}}, {namespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}, podSelector: {}}]
    ports: [{port: http}, {protocol: UDP, port: 80, endPort: 90}, {protocol: SCTP}]
  egress:
  - to: [{ipBlock: {cidr: "fd00::/8", except: ["fd00:1::/32"]}}, {ipBlock: {cidr: 10.0.0.0/8}}]
)");
  const std::string text = to_yaml(objects.network_policies[0], "Somebody x/y");
  const auto again = read(text);
  ASSERT_EQ(again.network_policies.size(), 1U);
  const auto& made = again.network_policies[0];
  EXPECT_EQ(to_yaml(made, "Somebody x/y"), text);
  EXPECT_EQ(made.pod_selector, objects.network_policies[0].pod_selector);
  EXPECT_FALSE(made.ingress[0].peers || made.ingress[0].ports);
  EXPECT_EQ(made.ingress[1].ports->size(), 3U);
  EXPECT_EQ((*made.ingress[1].ports)[2].last, 65535);
  EXPECT_EQ(made.egress[0].peers->size(), 2U);
  EXPECT_NE(text.find("gabion.dev/imported-from: \"Somebody x/y\""), std::string::npos) << text;
}

TEST(Emit, AnL7PolicyComesBack) {
  const auto objects = read(R"(
apiVersion: gabion.dev/v1alpha1
kind: L7Policy
metadata: {name: l7, namespace: shop}
spec:
  podSelector: {}
  mode: DryRun
  ingress:
  - name: "on"
    from: [{serviceAccount: {namespace: a, name: "*", trustDomain: t.example}}, {podSelector: {matchLabels: {app: web}}}]
    ports: [{port: http}, {port: 80, endPort: 90}]
    protocol: HTTP
    http:
    - methods: [GET]
      paths: [{exact: /a}, {prefix: "/b c"}, {template: "/{*}/{**}"}, {regex: "/v[0-9]+: \"\\\\d\""}]
      hosts: ["*.x", "[::1]:80"]
      headers: [{name: a, exact: ""}, {name: b, prefix: "1"}, {name: c, suffix: x}, {name: d, regex: "~"},
                {name: e, present: true}, {name: f, present: false}]
    inspect: {waf: {profile: p, mode: Detect}, dlp: [{profile: q, action: Mask, direction: Response}]}
  egress:
  - {action: Deny, ports: [{port: 5432}], protocol: PostgreSQL,
     sql: [{users: [a], databases: ["null"], statements: [SELECT], tables: ["a.*"], functions: ["*"], columns: [c],
            settings: [work_mem]}]}
  - {ports: [{port: 5432}], protocol: PostgreSQL, sql: [{requireWhere: [DELETE], stackedStatements: Allow,
     injection: "Off", taint: Deny, limits: {rows: 5, bytes: 1099511627776}, mask: [{column: a.b.c, with: Redact}],
     lostLineage: Scan},
     {presets: [asyncpg, sqlalchemy]}]}
)");
  const std::string text = to_yaml(objects.l7_policies[0], "");
  const auto again = read(text);
  ASSERT_EQ(again.l7_policies.size(), 1U);
  const auto& made = again.l7_policies[0];
  EXPECT_EQ(to_yaml(made, ""), text);
  EXPECT_EQ(made.mode, PolicyMode::kDryRun);
  const auto& rule = made.ingress[0];
  EXPECT_EQ(rule.name, "on");
  EXPECT_EQ(rule.peers->front().service_account->trust_domain, "t.example");
  EXPECT_EQ(rule.ports[1].last, 90);
  EXPECT_EQ(rule.http[0].paths[3].text, objects.l7_policies[0].ingress[0].http[0].paths[3].text);
  EXPECT_EQ(rule.http[0].headers.size(), 6U);
  EXPECT_EQ(rule.http[0].headers[5].kind, HeaderMatch::Kind::kAbsent);
  EXPECT_EQ(rule.waf->mode, WafInspect::Mode::kDetect);
  EXPECT_EQ(rule.dlp[0].way, DlpInspect::Way::kResponse);
  EXPECT_EQ(made.egress[0].sql[0].databases[0], "null");
  EXPECT_EQ(made.egress[0].action, RuleAction::kDeny);
  EXPECT_EQ(made.egress[0].sql[0].columns[0], "c");
  EXPECT_EQ(made.egress[0].sql[0].settings[0], "work_mem");
  const auto& strict = made.egress[1].sql[0];
  EXPECT_EQ(strict.require_where, std::vector{SqlWrite::kDelete});
  EXPECT_EQ(strict.stacked, SqlStacked::kAllow);
  EXPECT_EQ(strict.injection, SqlInjection::kOff);
  EXPECT_EQ(strict.taint, SqlTaint::kDeny);
  EXPECT_EQ(strict.limits.bytes, 1099511627776U);
  EXPECT_FALSE(strict.limits.statement_bytes);
  EXPECT_EQ(strict.mask[0].column, "a.b.c");
  EXPECT_EQ(strict.lost_lineage, SqlLostLineage::kScan);
  EXPECT_EQ(made.egress[1].sql[1].presets[1], SqlPreset::kSqlalchemy);
}

}  // namespace
}  // namespace gabion::config::kube
