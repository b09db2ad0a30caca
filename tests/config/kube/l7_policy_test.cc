// L7Policy manifests: the example with every field, and one row for each thing the schema refuses.
#include <gtest/gtest.h>

#include <string>

#include "config/kube/l7_text.h"
#include "config/kube/parse.h"

namespace gabion::config::kube {
namespace {

Objects read(const std::string& spec) {
  return parse_manifests(
             "apiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: l7, namespace: shop}\nspec: " + spec +
                 "\n",
             "f")
      .value();
}

/// A spec with one ingress rule of these members.
std::string rule(const std::string& members) {
  return "{podSelector: {}, ingress: [{" + members + "}]}";
}
/// An HTTP rule on port 80 with these further members.
std::string http_rule(const std::string& members) {
  return rule("ports: [{port: 80}], protocol: HTTP, " + members);
}
std::string http(const std::string& item) {
  return http_rule("http: [" + item + "]");
}
std::string sql(const std::string& item) {
  return rule("ports: [{port: 80}], protocol: MySQL, sql: [" + item + "]");
}

TEST(L7Policy, TheExampleWithEveryFieldIsRead) {
  const Objects objects = read(R"(
  podSelector: {matchLabels: {app: orders}}
  mode: Enforce
  ingress:
  - name: reads
    action: Allow
    from:
    - {podSelector: {matchLabels: {app: web}}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}
    - {serviceAccount: {namespace: ops, name: reporter}}
    - {ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.64/26]}}
    ports: [{port: http}, {port: 9000, endPort: 9009}]
    protocol: HTTP
    http:
    - methods: [GET, HEAD]
      paths: [{prefix: /api/orders}, {exact: /healthz}, {template: "/img/{*}/thumb/{**}"}, {regex: "/v[0-9]+/status"}]
      hosts: [orders.shop.svc, "*.orders.example.com"]
      headers: [{name: x-tenant, regex: "[a-z]{2,8}"}, {name: x-debug, present: false}]
    inspect:
      waf: {profile: crs-pl1, mode: Block}
      dlp: [{profile: pan, action: Mask, direction: Response}]
  - {name: no-admin, action: Deny, ports: [{port: http}], protocol: HTTP, http: [{paths: [{prefix: /admin}]}]}
  egress:
  - to: [{podSelector: {matchLabels: {app: pg}}, namespaceSelector: {matchLabels: {team: data}}}]
    ports: [{port: 5432}]
    protocol: PostgreSQL
    sql:
    - {users: [orders_app], databases: [shop], statements: [SELECT, INSERT, UPDATE, TCL],
       tables: [public.orders, "public.order_*", stock], functions: [next_order_no, "audit.*"]}
    inspect: {dlp: [{profile: pan, action: Log, direction: Request}]}
status: {observedGeneration: 3, conditions: []})");
  ASSERT_TRUE(objects.refusals.empty()) << objects.refusals.front().to_string();
  const L7Policy& policy = objects.l7_policies.front();
  EXPECT_EQ(policy.name.to_string(), "shop/l7");
  EXPECT_EQ(policy.mode, PolicyMode::kEnforce);
  ASSERT_EQ(policy.ingress.size(), 2U);
  const L7Rule& reads = policy.ingress[0];
  EXPECT_EQ(reads.name, "reads");
  EXPECT_EQ(reads.peers->size(), 3U);
  EXPECT_EQ((*reads.peers)[1].service_account->name_space, "ops");
  EXPECT_EQ(reads.ports[0].name, "http");
  EXPECT_EQ(reads.ports[1].last, 9009);
  EXPECT_EQ(reads.http.front().methods.size(), 2U);
  EXPECT_EQ(reads.http.front().paths[2].kind, PathMatch::Kind::kTemplate);
  EXPECT_EQ(reads.http.front().headers[1].kind, HeaderMatch::Kind::kAbsent);
  EXPECT_EQ(reads.waf->mode, WafInspect::Mode::kBlock);
  EXPECT_EQ(reads.dlp.front().way, DlpInspect::Way::kResponse);
  EXPECT_EQ(policy.ingress[1].action, RuleAction::kDeny);
  EXPECT_EQ(policy.egress.front().protocol, AppProtocol::kPostgresql);
  EXPECT_EQ(policy.egress.front().sql.front().tables[1], "public.order_*");
}

TEST(L7Policy, EveryMemberOfAnSqlItemIsRead) {
  const Objects objects = read(sql(
      "{users: [app], databases: [shop], statements: [UPDATE], tables: [public.people], columns: [public.people.*, id],"
      " functions: [lower], settings: [TimeZone], requireWhere: [DELETE, UPDATE], stackedStatements: Allow,"
      " injection: Deny, taint: Off,"
      " fingerprints: {mode: Enforce, learnt: [9e3ec818c32c423c-01def9fde0013001]}, limits: {rows: 5, bytes: 8388608, "
      "statementBytes: 9},"
      " mask: [{column: public.people.email, with: Redact}], lostLineage: Scan}, {presets: [jdbc, psql], injection: "
      "Off}"));
  ASSERT_TRUE(objects.refusals.empty()) << objects.refusals.front().to_string();
  const auto& items = objects.l7_policies.front().ingress.front().sql;
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].columns[1], "id");
  EXPECT_EQ(items[0].settings[0], "TimeZone");
  EXPECT_EQ(items[0].require_where, (std::vector<SqlWrite>{SqlWrite::kDelete, SqlWrite::kUpdate}));
  EXPECT_EQ(items[0].stacked, SqlStacked::kAllow);
  EXPECT_EQ(items[0].injection, SqlInjection::kDeny);
  EXPECT_EQ(items[0].taint, SqlTaint::kOff);
  EXPECT_EQ(items[1].taint, SqlTaint::kLog);
  EXPECT_EQ(items[0].limits.rows, 5U);
  EXPECT_EQ(items[0].limits.bytes, 8388608U);
  EXPECT_EQ(items[0].limits.statement_bytes, 9U);
  EXPECT_EQ(items[0].mask[0].column, "public.people.email");
  EXPECT_EQ(items[0].lost_lineage, SqlLostLineage::kScan);
  EXPECT_EQ(items[1].lost_lineage, SqlLostLineage::kDeny);
  EXPECT_EQ(items[0].fingerprints.mode, SqlFingerprints::Mode::kEnforce);
  EXPECT_EQ(items[0].fingerprints.learnt.front(), "9e3ec818c32c423c-01def9fde0013001");
  EXPECT_EQ(items[1].fingerprints.mode, SqlFingerprints::Mode::kOff);
  EXPECT_EQ(items[1].presets, (std::vector<SqlPreset>{SqlPreset::kJdbc, SqlPreset::kPsql}));
  EXPECT_EQ(items[1].stacked, SqlStacked::kDeny);
  EXPECT_EQ(items[1].injection, SqlInjection::kOff);
}

TEST(L7Policy, DefaultsAreAllowEnforceAndTheOwnNamespace) {
  const Objects objects = read(http_rule("from: [{serviceAccount: {name: a}}]"));
  ASSERT_TRUE(objects.refusals.empty());
  const L7Policy& policy = objects.l7_policies.front();
  EXPECT_EQ(policy.mode, PolicyMode::kEnforce);
  EXPECT_EQ(policy.ingress.front().action, RuleAction::kAllow);
  EXPECT_EQ(policy.ingress.front().peers->front().service_account->name_space, "shop");
  EXPECT_EQ(policy.ingress.front().peers->front().service_account->trust_domain, "");
}

TEST(L7Policy, WhatTheSchemaRefusesIsRefusedWithItsPath) {
  struct Row {
    std::string spec;
    const char* path;
  };
  const Row rows[] = {
      {"{ingress: [{ports: [{port: 80}], protocol: TCP}]}", "spec.podSelector"},
      {"{podSelector: null, ingress: [{ports: [{port: 80}], protocol: TCP}]}", "spec.podSelector"},
      {"{podSelector: {}}", "spec"},
      {"{podSelector: {}, ingress: []}", "spec.ingress"},
      {"{podSelector: {}, ingress: null}", "spec.ingress"},
      {"{podSelector: {}, mode: dryrun, ingress: [{ports: [{port: 80}], protocol: TCP}]}", "spec.mode"},
      {"{podSelector: {}, egress: [{from: [], ports: [{port: 80}], protocol: TCP}]}", "spec.egress[0].from"},
      {rule("ports: [{port: 80}]"), "spec.ingress[0].protocol"},
      {rule("protocol: TCP"), "spec.ingress[0].ports"},
      {rule("ports: [], protocol: TCP"), "spec.ingress[0].ports"},
      {rule("ports: [{}], protocol: TCP"), "spec.ingress[0].ports[0].port"},
      {rule("ports: [{port: 80, endPort: null}], protocol: TCP"), "spec.ingress[0].ports[0].endPort"},
      {rule("ports: [{port: 80, protocol: TCP}], protocol: TCP"), "spec.ingress[0].ports[0].protocol"},
      {rule("ports: [{port: 80}], protocol: http"), "spec.ingress[0].protocol"},
      {http_rule("action: deny"), "spec.ingress[0].action"},
      {http_rule("name: " + std::string(64, 'a')), "spec.ingress[0].name"},
      {http_rule("from: []"), "spec.ingress[0].from"},
      {http_rule("from: null"), "spec.ingress[0].from"},
      {http_rule("from: [{}]"), "spec.ingress[0].from[0]"},
      {http_rule("from: [{serviceAccount: null}]"), "spec.ingress[0].from[0].serviceAccount"},
      {http_rule("from: [{serviceAccount: {}}]"), "spec.ingress[0].from[0].serviceAccount.name"},
      {http_rule("from: [{serviceAccount: {name: A}}]"), "spec.ingress[0].from[0].serviceAccount.name"},
      {http_rule("from: [{serviceAccount: {name: a}, ipBlock: {cidr: 10.0.0.0/8}}]"),
       "spec.ingress[0].from[0].ipBlock"},
      {http_rule("to: [{podSelector: {}}]"), "spec.ingress[0].to"},
      {http_rule("http: null"), "spec.ingress[0].http"},
      {http_rule("http: []"), "spec.ingress[0].http"},
      {http_rule("metods: [GET]"), "spec.ingress[0].metods"},
      {http_rule("sql: [{users: [a]}]"), "spec.ingress[0].sql"},
      {http_rule("action: Deny, inspect: {waf: {profile: a, mode: Block}}"), "spec.ingress[0].inspect"},
      {http_rule("inspect: {}"), "spec.ingress[0].inspect"},
      {http_rule("inspect: null"), "spec.ingress[0].inspect"},
      {http_rule("inspect: {waf: {profile: a, mode: block}}"), "spec.ingress[0].inspect.waf.mode"},
      {http_rule("inspect: {waf: {mode: Block}}"), "spec.ingress[0].inspect.waf.profile"},
      {http_rule("inspect: {dlp: [{profile: a}]}"), "spec.ingress[0].inspect.dlp[0].action"},
      {http_rule("inspect: {dlp: [{profile: a, action: Log, direction: both}]}"),
       "spec.ingress[0].inspect.dlp[0].direction"},
      {rule("ports: [{port: 80}], protocol: TCP, http: [{methods: [GET]}]"), "spec.ingress[0].http"},
      {rule("ports: [{port: 80}], protocol: TCP, inspect: {dlp: [{profile: a, action: Log}]}"),
       "spec.ingress[0].inspect"},
      {rule("ports: [{port: 80}], protocol: MySQL, inspect: {waf: {profile: a, mode: Block}}"),
       "spec.ingress[0].inspect"},
      {http("{}"), "spec.ingress[0].http[0]"},
      {http("{methods: []}"), "spec.ingress[0].http[0].methods"},
      {http("{methods: null}"), "spec.ingress[0].http[0].methods"},
      {http("{methods: [get]}"), "spec.ingress[0].http[0].methods[0]"},
      {http("{paths: [{}]}"), "spec.ingress[0].http[0].paths[0]"},
      {http("{paths: [{exact: /a, prefix: /a}]}"), "spec.ingress[0].http[0].paths[0]"},
      {http("{paths: [{exact: a}]}"), "spec.ingress[0].http[0].paths[0].exact"},
      {http("{paths: [{regex: ''}]}"), "spec.ingress[0].http[0].paths[0].regex"},
      {http("{hosts: [A.example]}"), "spec.ingress[0].http[0].hosts[0]"},
      {http("{headers: [{name: x}]}"), "spec.ingress[0].http[0].headers[0]"},
      {http("{headers: [{name: x, exact: a, present: true}]}"), "spec.ingress[0].http[0].headers[0]"},
      {http("{headers: [{name: X, exact: a}]}"), "spec.ingress[0].http[0].headers[0].name"},
      {http("{headers: [{name: host, exact: a}]}"), "spec.ingress[0].http[0].headers[0].name"},
      {http("{headers: [{name: transfer-encoding, present: true}]}"), "spec.ingress[0].http[0].headers[0].name"},
      {http("{headers: [{name: x, prefix: ''}]}"), "spec.ingress[0].http[0].headers[0].prefix"},
      {http("{headers: [{name: x, present: 'true'}]}"), "spec.ingress[0].http[0].headers[0].present"},
      {sql("{}"), "spec.ingress[0].sql[0]"},
      {sql("{statements: [select]}"), "spec.ingress[0].sql[0].statements[0]"},
      {sql("{tables: ['a.b.c']}"), "spec.ingress[0].sql[0].tables[0]"},
      {sql("{functions: ['a b']}"), "spec.ingress[0].sql[0].functions[0]"},
      {sql("{users: ['']}"), "spec.ingress[0].sql[0].users[0]"},
      {sql("{column: [a]}"), "spec.ingress[0].sql[0].column"},
      {sql("{columns: []}"), "spec.ingress[0].sql[0].columns"},
      {sql("{columns: ['a.b.c.d']}"), "spec.ingress[0].sql[0].columns[0]"},
      {sql("{columns: ['a*b']}"), "spec.ingress[0].sql[0].columns[0]"},
      {sql("{settings: ['a b']}"), "spec.ingress[0].sql[0].settings[0]"},
      {sql("{settings: [Search_Path]}"), "spec.ingress[0].sql[0].settings[0]"},
      {sql("{settings: [standard_conforming_strings]}"), "spec.ingress[0].sql[0].settings[0]"},
      {sql("{requireWhere: [SELECT]}"), "spec.ingress[0].sql[0].requireWhere[0]"},
      {sql("{requireWhere: null}"), "spec.ingress[0].sql[0].requireWhere"},
      {sql("{stackedStatements: allow}"), "spec.ingress[0].sql[0].stackedStatements"},
      {sql("{injection: Block}"), "spec.ingress[0].sql[0].injection"},
      {sql("{taint: Maybe}"), "spec.ingress[0].sql[0].taint"},
      {sql("{fingerprints: {mode: Block}}"), "spec.ingress[0].sql[0].fingerprints.mode"},
      {sql("{fingerprints: {mode: Enforce}}"), "spec.ingress[0].sql[0].fingerprints.learnt"},
      {sql("{fingerprints: {mode: Enforce, learnt: []}}"), "spec.ingress[0].sql[0].fingerprints.learnt"},
      {sql("{fingerprints: {mode: Enforce, learnt: [9e3ec818c32c423c]}}"),
       "spec.ingress[0].sql[0].fingerprints.learnt[0]"},
      {sql("{fingerprints: {mode: Learn, learn: [a]}}"), "spec.ingress[0].sql[0].fingerprints.learn"},
      {sql("{fingerprints: {}}"), "spec.ingress[0].sql[0].fingerprints.mode"},
      {sql("{limits: {}}"), "spec.ingress[0].sql[0].limits"},
      {sql("{limits: {rows: 0}}"), "spec.ingress[0].sql[0].limits.rows"},
      {sql("{limits: {statementBytes: 16777217}}"), "spec.ingress[0].sql[0].limits.statementBytes"},
      {sql("{limits: {row: 5}}"), "spec.ingress[0].sql[0].limits.row"},
      {sql("{lostLineage: Scan}"), "spec.ingress[0].sql[0].mask"},
      {sql("{mask: [{column: a, with: Redact}], lostLineage: Off}"), "spec.ingress[0].sql[0].lostLineage"},
      {sql("{mask: [{column: a}]}"), "spec.ingress[0].sql[0].mask[0].with"},
      {sql("{mask: [{column: a, with: Hash}]}"), "spec.ingress[0].sql[0].mask[0].with"},
      {sql("{presets: [odbc]}"), "spec.ingress[0].sql[0].presets[0]"},
      {sql("{presets: [psql], tables: [a]}"), "spec.ingress[0].sql[0].presets"},
      {rule("action: Deny, ports: [{port: 80}], protocol: MySQL, sql: [{users: [a], limits: {rows: 1}}]"),
       "spec.ingress[0].sql[0].limits"},
  };
  for (const auto& row : rows) {
    const Objects objects = read(row.spec);
    ASSERT_EQ(objects.refusals.size(), 1U) << row.spec;
    EXPECT_EQ(objects.refusals.front().where, "f:1:" + std::string(row.path)) << row.spec;
    EXPECT_TRUE(objects.l7_policies.front().unreadable);
  }
}

TEST(L7Policy, ListsHaveTheirSchemasBounds) {
  std::string seventeen;
  for (int i = 0; i < 17; ++i) {
    seventeen += "GET,";
  }
  EXPECT_EQ(read(http("{methods: [" + seventeen + "]}")).refusals.size(), 1U);
}

TEST(L7Policy, ARefusedOneKeepsThePortsItNamesAsDenies) {
  const Objects objects =
      read("{podSelector: {}, mode: DryRun, egress: [{ports: [{port: 80}, {port: http}], protocol: X}]}");
  const L7Policy& policy = objects.l7_policies.front();
  EXPECT_EQ(policy.mode, PolicyMode::kDryRun);
  EXPECT_TRUE(policy.ingress.empty());
  ASSERT_EQ(policy.egress.size(), 1U);
  EXPECT_EQ(policy.egress.front().action, RuleAction::kDeny);
  EXPECT_EQ(policy.egress.front().protocol, AppProtocol::kTcp);
  EXPECT_EQ(policy.egress.front().ports.size(), 2U);
}

Objects annotated(const std::string& json) {
  return parse_manifests(
             "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np, namespace: shop, "
             "annotations: "
             "{gabion.dev/l7policy.v1alpha1: '" +
                 json + "'}}\nspec: {podSelector: {matchLabels: {app: a}}}\n",
             "f")
      .value();
}

TEST(L7Annotation, IsASpecForThePodsOfItsNetworkPolicy) {
  const Objects objects = annotated(
      R"({"mode": "DryRun", "ingress": [{"from": [{"serviceAccount": {"name": "b"}}], "ports": [{"port": 80}], )"
      R"("protocol": "HTTP", "http": [{"methods": ["GET"]}]}]})");
  ASSERT_TRUE(objects.refusals.empty()) << objects.refusals.front().to_string();
  ASSERT_EQ(objects.l7_policies.size(), 1U);
  const L7Policy& policy = objects.l7_policies.front();
  EXPECT_EQ(policy.name.to_string(), "shop/np");
  EXPECT_EQ(policy.mode, PolicyMode::kDryRun);
  EXPECT_EQ(policy.pod_selector, objects.network_policies.front().pod_selector);
  EXPECT_EQ(policy.ingress.front().peers->front().service_account->name_space, "shop");
}

TEST(L7Annotation, AnythingElseIsRefusedAndDeniesItsPorts) {
  struct Row {
    const char* json;
    const char* path;    ///< below the annotation
    std::uint16_t port;  ///< denied; 0: every port
  };
  const Row rows[] = {
      {R"({"podSelector": {}, "ingress": [{"ports": [{"port": 80}], "protocol": "TCP"}]})", ".podSelector", 80},
      {R"({"ingress": [{"ports": [{"port": 80}], "protocol": "HTTP", "http": [{"metods": ["GET"]}]}]})",
       ".ingress[0].http[0].metods", 80},
      {R"({"ingress": [{"ports": [{"port": 80}], "protocol": "HTTP", "http": []}]})", ".ingress[0].http", 80},
      {R"({"ingress": [{"ports": [{"port": 80}], "protocol": "HTTP", "http": null}]})", ".ingress[0].http", 80},
      {R"({"ingres": [{"ports": [{"port": 80}], "protocol": "HTTP"}]})", ".ingres", 0},
      {R"({"ingress": []})", ".ingress", 0},
      {"{}", "", 0},
      {"[]", "", 0},
      {"", "", 0},
      {"{", "", 0},
      {"{} --- {}", "", 0},
  };
  for (const auto& row : rows) {
    const Objects objects = annotated(row.json);
    ASSERT_FALSE(objects.refusals.empty()) << row.json;
    EXPECT_EQ(objects.refusals.front().where,
              "f:1:metadata.annotations.gabion.dev/l7policy.v1alpha1" + std::string(row.path))
        << row.json;
    const L7Policy& policy = objects.l7_policies.front();
    EXPECT_TRUE(policy.unreadable) << row.json;
    ASSERT_FALSE(policy.ingress.empty()) << row.json;
    const L7Rule& rule = policy.ingress.front();
    EXPECT_EQ(rule.action, RuleAction::kDeny);
    EXPECT_EQ(rule.protocol, AppProtocol::kTcp);
    EXPECT_FALSE(rule.peers.has_value());
    EXPECT_EQ(rule.ports.front().first, row.port) << row.json;
    EXPECT_EQ(rule.ports.front().last, row.port == 0 ? 65535 : row.port) << row.json;
    EXPECT_FALSE(objects.network_policies.front().unreadable);
  }
}

TEST(L7Policy, SelectorsHaveTheirSchemasBoundsHereButNotInANetworkPolicy) {
  std::string labels;
  for (int i = 0; i < 17; ++i) {
    labels += "k" + std::to_string(i) + ": v, ";
  }
  const Objects objects = read(http_rule("from: [{podSelector: {matchLabels: {" + labels + "}}}]"));
  ASSERT_EQ(objects.refusals.size(), 1U);
  EXPECT_EQ(objects.refusals.front().where, "f:1:spec.ingress[0].from[0].podSelector.matchLabels");
  const auto network = parse_manifests(
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np}\nspec: {podSelector: {matchLabels: "
      "{" +
          labels + "}}}\n",
      "f");
  EXPECT_TRUE(network.value().refusals.empty());
}

struct Text {
  const char* text;
  bool accepted;
};

TEST(L7Text, Paths) {
  for (const auto& row :
       {Text{"/", true}, Text{"/a/b", true}, Text{"/a/", true}, Text{"", false}, Text{"a", false}, Text{"//", false},
        Text{"/a//b", false}, Text{"/.", false}, Text{"/a/..", false}, Text{"/a/./b", false}, Text{"/...", true},
        Text{"/a%20b", false}, Text{"/a?b", false}, Text{"/a;b", false}, Text{"/{*}", false}, Text{"/a\\b", false}}) {
    EXPECT_EQ(is_plain_path(row.text), row.accepted) << row.text;
  }
}

TEST(L7Text, Templates) {
  for (const auto& row : {Text{"/", true}, Text{"/a/{*}/b", true}, Text{"/{**}", true}, Text{"/{**}/a/b", true},
                          Text{"/{*}/{**}", true}, Text{"/a/{**}/", true}, Text{"/a/", true}, Text{"/{**}/{*}", false},
                          Text{"/{**}/{**}", false}, Text{"/a{*}", false}, Text{"/{x}", false}, Text{"/a//b", false},
                          Text{"a", false}, Text{"", false}, Text{"/a/../b", false}, Text{"/a%20", false}}) {
    EXPECT_EQ(is_path_template(row.text), row.accepted) << row.text;
  }
}

TEST(L7Text, Hosts) {
  for (const auto& row :
       {Text{"a", true}, Text{"a.b-c.d", true}, Text{"*.a", true}, Text{"a:80", true}, Text{"[::1]", true},
        Text{"[fd00::1]:443", true}, Text{"", false}, Text{"*", false}, Text{"a.*", false}, Text{"A", false},
        Text{"a:", false}, Text{"a:123456", false}, Text{"-a", false}, Text{"[::1", false}, Text{"[]", false},
        Text{"[::1]80", false}, Text{"[::1]:", false}, Text{"a:b", false}}) {
    EXPECT_EQ(is_host_pattern(row.text), row.accepted) << row.text;
  }
}

TEST(L7Text, SqlPatterns) {
  for (const auto& row : {Text{"a", true}, Text{"a*", true}, Text{"*", true}, Text{"s.t", true}, Text{"s.*", true},
                          Text{"*.t", true}, Text{"s.t*", true}, Text{"", false}, Text{"a.", false}, Text{".a", false},
                          Text{"a.b.c", false}, Text{"a**", false}, Text{"*a", false}, Text{"a b", false}}) {
    EXPECT_EQ(is_sql_pattern(row.text), row.accepted) << row.text;
  }
}

}  // namespace
}  // namespace gabion::config::kube
