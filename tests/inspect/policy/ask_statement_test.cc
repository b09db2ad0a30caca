// Statements in `policy test`, `eval` and `diff`: judged by the rules of both ends, and sampled from their conditions.
#include "inspect/policy/ask_statement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "config/policy/expectations.h"
#include "inspect/policy/check_expectations.h"
#include "inspect/policy/diff.h"
#include "inspect/policy/eval_case.h"
#include "inspect/policy/statement_samples.h"
#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

/// x/a is the database; x/b asks it.
std::string rules(const std::string& item, const std::string& egress = "") {
  std::string text =
      "---\napiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: db, namespace: x}\nspec: {podSelector: "
      "{matchLabels: {app: a}}, ingress: [{name: b, from: [{serviceAccount: {name: sa-b}}], ports: [{port: 5432}], "
      "protocol: PostgreSQL, sql: [" +
      item + "]}]}\n";
  if (!egress.empty()) {
    text +=
        "---\napiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: out, namespace: x}\nspec: "
        "{podSelector: {matchLabels: {app: b}}, egress: [{ports: [{port: 5432}], protocol: PostgreSQL, sql: [" +
        egress + "]}]}\n";
  }
  return text;
}

ClusterView view_of(const std::string& policies) {
  auto objects = config::kube::parse_manifests(std::string(kInventory) + "\n---\n" + policies, "test");
  EXPECT_TRUE(objects.has_value() && objects->refusals.empty());
  return ClusterView(objects ? std::move(*objects) : config::kube::Objects{}, "cluster.local");
}

constexpr const char* kOrders = "{users: [app], databases: [shop], tables: [public.orders], statements: [SELECT]}";

TestOutcome outcome(ClusterView& view, const std::string& members) {
  const auto file = config::policy::parse_expectations(
      "apiVersion: gabion.dev/v1alpha1\nkind: PolicyTest\nmanifests: [a]\nmtls: true\ntests:\n- {from: x/b, to: x/a, "
      "port: 5432, " +
          members + "}\n",
      "f");
  EXPECT_TRUE(file.has_value()) << file.error().front().to_string();
  return check_expectations(view, file->tests).front();
}

TEST(PolicyTestOfStatements, BothEndsJudge) {
  struct Row {
    const char* members;
    const char* got;
  };
  auto view = view_of(rules(kOrders, "{requireWhere: [DELETE]}"));
  for (const Row& row : {
           Row{"sql: {text: 'SELECT id FROM orders', user: app, database: shop}, expect: allow, rule: x/db/b",
               "allow by x/db/b"},
           Row{"sql: {text: 'SELECT id FROM orders', user: app, database: shop}, expect: allow, rule: "
               "'x/out/egress[0]'",
               "allow by x/db/b"},
           Row{"sql: {text: 'TABLE secret', user: app, database: shop}, expect: deny", "deny, table: public.secret"},
           Row{"sql: {text: 'TABLE orders', user: root}, expect: deny", "deny, no-rule"},
           Row{"sql: {text: 'TABLE orders', database: other}, expect: deny", "deny, no-rule"},
           Row{"sql: {text: 'DELETE FROM orders'}, expect: deny, rule: 'x/out/egress[0]'",
               "deny, where-required: DELETE by x/out/egress[0]"},
           Row{"sql: {text: 'TABLE orders'}, mtls: false, expect: deny", "deny, no_identity"},
       }) {
    const auto found = outcome(view, row.members);
    EXPECT_EQ(found.kind, TestOutcome::Kind::kPassed) << row.members << found.text;
    EXPECT_EQ(found.text, row.got) << row.members;
  }
  EXPECT_EQ(outcome(view, "sql: {text: 'TABLE secret'}, expect: allow").kind, TestOutcome::Kind::kFailed);
  EXPECT_EQ(outcome(view, "sql: {text: 'TABLE orders'}, expect: allow, rule: x/db/c").kind, TestOutcome::Kind::kFailed);
}

TEST(PolicyTestOfStatements, WhatIsMisspeltIsRefused) {
  for (const char* members :
       {"sql: {}", "sql: {text: 'SELECT 7', role: app}", "sql: {text: 'SELECT 7'}, http: {path: /}"}) {
    EXPECT_FALSE(config::policy::parse_expectations(
                     std::string("apiVersion: gabion.dev/v1alpha1\nkind: PolicyTest\nmanifests: [a]\ntests:\n- {from: "
                                 "x/b, to: x/a, port: 5432, expect: deny, ") +
                         members + "}\n",
                     "f")
                     .has_value())
        << members;
  }
}

TEST(EvalOfStatements, AreAnsweredLikeRequests) {
  const std::string policy =
      R"("{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: db, namespace: x}, spec: {podSelector: {matchLabels: {app: a}}, ingress: [{ports: [{port: 5432}], protocol: PostgreSQL, sql: [{users: [app], tables: [public.orders]}]}]}}")";
  const auto ask = [&](const std::string& sql) {
    return evaluate_case(
               R"({"id": 7, "policies": [)" + policy +
               R"(], "namespaces": [{"name": "x", "labels": {}}], "pods": [{"namespace": "x", "name": "a", "labels": {"app": "a"}, "ip": "10.0.0.1", "ports": []}, {"namespace": "x", "name": "b", "labels": {}, "ip": "10.0.0.2", "ports": []}], "probes": [{"from": "x/b", "to": "x/a", "port": 5432, "proto": "TCP", "sql": )" +
               sql + "}]}")
        .json;
  };
  EXPECT_EQ(ask(R"({"text": "TABLE orders", "user": "app", "protocol": "PostgreSQL"})"),
            R"({"id":7,"results":[true]})");
  EXPECT_EQ(ask(R"({"text": "TABLE orders", "user": "root"})"), R"({"id":7,"results":[false]})");
  EXPECT_EQ(ask(R"({"text": "TABLE secret", "user": "app"})"), R"({"id":7,"results":[false]})");
  EXPECT_NE(ask(R"({"text": "TABLE secret", "protocol": "MySQL"})").find("must be PostgreSQL"), std::string::npos);
  EXPECT_NE(ask("{}").find("\"error\""), std::string::npos);
}

/// "+ SQL as app in shop: …" of each change from x/b to x/a.
std::set<std::string> changes(const std::string& before, const std::string& after) {
  auto old_view = view_of(before);
  auto new_view = view_of(after);
  const auto report = compare(old_view, new_view, {true, "x/b", "x/a"});
  EXPECT_TRUE(report.has_value());
  std::set<std::string> found;
  for (const auto& change : report->changes) {
    found.insert((change.allowed ? "+ " : "- ") + change.request);
  }
  return found;
}

TEST(DiffOfStatements, ATableACommandAnAccountAndAFunctionThatAreAddedAreTold) {
  EXPECT_TRUE(changes(rules(kOrders), rules(kOrders)).empty());
  const auto table = changes(
      rules(kOrders),
      rules("{users: [app], databases: [shop], tables: [public.orders, 'public.item*'], statements: [SELECT]}"));
  EXPECT_TRUE(table.contains(R"(+ SQL as app in shop: SELECT * FROM "public"."itemx")"));
  EXPECT_FALSE(table.contains(R"(+ SQL as other in shop: SELECT * FROM "public"."itemx")"));
  const auto command = changes(rules("{users: [app], tables: [public.orders], statements: [SELECT, DELETE]}"),
                               rules("{users: [app], tables: [public.orders], statements: [SELECT]}"));
  EXPECT_TRUE(command.contains(R"(- SQL as app in other: DELETE FROM "public"."orders")"));
  const auto account =
      changes(rules(kOrders),
              rules("{users: [app, 'batch_*'], databases: [shop], tables: [public.orders], statements: [SELECT]}"));
  EXPECT_TRUE(account.contains(R"(+ SQL as batch_x in shop: SELECT * FROM "public"."orders")"));
  const auto where =
      changes(rules("{tables: [public.orders]}"), rules("{tables: [public.orders], requireWhere: [UPDATE]}"));
  EXPECT_TRUE(where.contains(R"(- SQL as other in other: UPDATE "public"."orders" SET "other" = NULL)"));
  EXPECT_FALSE(
      std::any_of(where.begin(), where.end(), [](const auto& one) { return one.find("WHERE") != std::string::npos; }));
  const auto function = changes(rules("{tables: [public.orders], functions: [pg_catalog.lower]}"),
                                rules("{tables: [public.orders], functions: [pg_catalog.lower, sales.total]}"));
  EXPECT_EQ(function, (std::set<std::string>{R"(+ SQL as other in other: SELECT "sales"."total"())"}));
  const auto mask = changes(rules("{tables: [public.orders]}"),
                            rules("{tables: [public.orders], mask: [{column: orders.note, with: Redact}]}"));
  EXPECT_TRUE(mask.contains(R"(- SQL as other in other: SELECT "note" || '' FROM "orders")"));
}

TEST(DiffOfStatements, AllStatementsAlikeAreOneChange) {
  const std::string nobody = rules("{users: [nobody], databases: [none], tables: [none.none]}");
  EXPECT_TRUE(changes("", nobody).contains("- SQL as other in other: SELECT 7"));
  EXPECT_EQ(changes("",
                    "---\napiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: db, namespace: x}\nspec: "
                    "{podSelector: {matchLabels: {app: a}}, ingress: [{from: [{serviceAccount: {name: sa-c}}], "
                    "ports: [{port: 5432}], protocol: PostgreSQL}]}\n"),
            std::set<std::string>{"- "});
}

TEST(DiffOfStatements, WhatIsNotComparedIsTold) {
  auto before = view_of(rules(kOrders));
  auto after = view_of(
      rules("{users: [app], databases: [shop], tables: [public.orders], statements: [SELECT], limits: {rows: 7}}"));
  const auto report = compare(before, after, {true, "x/b", "x/a"});
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->changes.empty());
  ASSERT_EQ(report->notes.size(), 1U);
  EXPECT_EQ(report->notes[0],
            "port 5432: what limits, mask, taint and fingerprints do to what passes was not compared");
}

TEST(StatementSamples, TooManyCombinationsAreCut) {
  std::vector<config::kube::SqlMatch> items(20);
  std::vector<const config::kube::SqlMatch*> pointers;
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].users = {"u" + std::to_string(i)};
    items[i].databases = {"d" + std::to_string(i)};
    items[i].tables = {"t" + std::to_string(i)};
    pointers.push_back(&items[i]);
  }
  const auto samples = sample_statements(pointers);
  EXPECT_TRUE(samples.truncated);
  EXPECT_LE(samples.statements.size(), kMaxStatements);
  EXPECT_TRUE(std::any_of(samples.statements.begin(), samples.statements.end(), [](const auto& one) {
    return one.user == "u7" && one.database == "d7" && one.text == R"(SELECT * FROM "t7")";
  }));
  EXPECT_EQ(samples.cut_items, items.size());
  EXPECT_GT(samples.left_out, 0U);
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_TRUE(std::any_of(samples.statements.begin(), samples.statements.end(), [&](const auto& one) {
      return one.user == items[i].users[0] && one.database == items[i].databases[0];
    })) << i;
  }
  EXPECT_FALSE(sample_statements({}).truncated);
}

/// An item with as many users, databases and tables as asked for, named after `letter`.
std::string item_of(char letter, int users, int tables) {
  std::string names;
  const auto list = [letter](const char* what, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += (i == 0 ? "" : ", ") + std::string(1, letter) + what + std::to_string(i);
    }
    return text;
  };
  return "{users: [" + list("user", users) + "], databases: [shop], tables: [" + list("table", tables) + "]}";
}

TEST(StatementSamples, AnItemThatWantsTooMuchLeavesTheOthersTheirShare) {
  const std::string large = item_of('a', 30, 60);
  const std::string small = item_of('b', 1, 1);
  for (const std::string& items : {large + ", " + small, small + ", " + large, large + ", " + large + ", " + small}) {
    const std::string added = items + ", {users: [cuser0], databases: [shop], tables: [ctable0]}";
    auto before = view_of(rules(items));
    auto after = view_of(rules(added));
    const auto report = compare(before, after, {true, "x/b", "x/a"});
    ASSERT_TRUE(report.has_value());
    EXPECT_TRUE(std::any_of(report->changes.begin(), report->changes.end(), [](const auto& change) {
      return change.request == R"(SQL as cuser0 in shop: SELECT * FROM "ctable0")";
    })) << items;
    ASSERT_EQ(report->notes.size(), 1U);
    EXPECT_NE(report->notes[0].find("port 5432: too many statements, each item of sql was asked about with its own "
                                    "names; of "),
              std::string::npos)
        << report->notes[0];
  }
}

TEST(StatementSamples, AnItemThatIsCutIsAskedAboutFromAllOverItsTexts) {
  std::vector<config::kube::SqlMatch> items(40);
  std::vector<const config::kube::SqlMatch*> pointers;
  for (auto& item : items) {
    item.users = {"app"};
    item.databases = {"shop"};
    for (int i = 0; i < 40; ++i) {
      item.tables.push_back("t" + std::to_string(&item - items.data()) + "_" + std::to_string(i));
    }
    item.functions = {"sales.total"};
    pointers.push_back(&item);
  }
  const auto samples = sample_statements(pointers);
  EXPECT_EQ(samples.cut_items, items.size());
  EXPECT_LE(samples.statements.size(), kMaxStatements);
  EXPECT_GT(samples.statements.size(), kMaxStatements - items.size());
  for (const char* table : {"t0_0", "t0_39", "t39_0", "t39_39"}) {
    EXPECT_TRUE(std::any_of(samples.statements.begin(), samples.statements.end(), [table](const auto& one) {
      return one.user == "app" && one.database == "shop" &&
             one.text.find("\"" + std::string(table) + "\"") != std::string::npos;
    })) << table;
  }
}

}  // namespace
}  // namespace gabion::inspect::policy
