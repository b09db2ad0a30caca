// Every reason of the closed list that a text and rules can give, and what an obligation takes to be covered.
#include <string>

#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

constexpr const char* kOrders = "{statements: [SELECT, UPDATE], tables: [public.orders]}";

TEST(SqlReasons, WhatCannotBeReadIsRefusedWhateverRulesSay) {
  const std::string deep = "SELECT " + std::string(2000, '(') + "1" + std::string(2000, ')');
  const std::string chain = [] {
    std::string text = "SELECT 1";
    for (int i = 0; i < 2000; ++i) {
      text += "+a";
    }
    return text + " FROM t";
  }();
  const std::string longer = "SELECT '" + std::string(1U << 20U, 'x') + "'";
  for (const auto& rules : {rules_of("", ""), rules_of(kOrders, ""), rules_of("{users: [app]}", "")}) {
    const SqlSubject subject(rules, app_context());
    EXPECT_EQ(answer(subject, "SELECT '\xFF'"), "encoding");
    EXPECT_EQ(answer(subject, std::string("SELECT 1\0", 9)), "nul-byte");
    EXPECT_EQ(answer(subject, longer), "too-long");
    EXPECT_EQ(answer(subject, "SELEC 1"), "parse-error");
    EXPECT_EQ(answer(subject, "SELECT 'secret"), "parse-error");
    EXPECT_EQ(answer(subject, chain), "too-deep");
  }
}

TEST(SqlReasons, NothingIsAllowedAlways) {
  const SqlSubject subject(rules_of(kOrders, ""), app_context());
  for (const auto* text : {"", " ", ";", " ; ;", "-- DROP TABLE orders", "/* a */;"}) {
    EXPECT_EQ(answer(subject, text), "allowed") << text;
  }
}

TEST(SqlReasons, WithoutRulesTheTextOnlyHasToBeReadable) {
  const SqlSubject subject(rules_of("", ""), app_context());
  for (const auto* text : {"DROP TABLE orders", "SELECT pg_sleep(10)", "SELECT 1; SELECT 2", "DO $$ BEGIN END $$",
                           "SET search_path = a", "SELECT * FROM pg_shadow", "DELETE FROM orders"}) {
    EXPECT_EQ(answer(subject, text), "allowed") << text;
  }
  EXPECT_EQ(answer(subject, "SET standard_conforming_strings = off"), "setting: standard_conforming_strings");
  EXPECT_EQ(answer(subject, "SELECT set_config('backslash_quote', 'on', false)"), "setting: backslash_quote");
  EXPECT_EQ(answer(subject, "SELECT set_config(name, 'on', false) FROM t"), "setting: *");
  EXPECT_EQ(answer(subject, "SET client_encoding = 'SJIS'"), "setting: client_encoding");
  EXPECT_EQ(answer(subject, "SET client_encoding = DEFAULT"), "setting: client_encoding");
  EXPECT_EQ(answer(subject, "SET standard_conforming_strings = on, off"), "setting: standard_conforming_strings");
  EXPECT_EQ(answer(subject, "SET NAMES 'SJIS'"), "setting: client_encoding");
  EXPECT_EQ(answer(subject, "ALTER ROLE app SET standard_conforming_strings = off"),
            "setting: standard_conforming_strings");
}

TEST(SqlReasons, EachInItsOrder) {
  expect_rows({
      {kOrders, "", "SELECT id FROM orders", "allowed"},
      {kOrders, "", "SELECT 1; DROP TABLE orders", "stacked: 2 statements"},
      {kOrders, "{statements: [DDL]}", "SELECT 1; DROP TABLE orders", "stacked: 2 statements"},
      {"{stackedStatements: Allow}", "{statements: [DDL]}", "SELECT 1; DROP TABLE orders", "deny-rule: shop/db/deny"},
      {"{users: [other]}", "{statements: [DDL]}", "DROP TABLE orders", "deny-rule: shop/db/deny"},
      {"{users: [other]}", "", "DROP TABLE orders", "no-rule"},
      {"{databases: [other]}", "", "SELECT 1", "no-rule"},
      {"{users: ['ap*'], databases: [shop]}", "", "SELECT 1", "allowed"},
      {kOrders, "", "DROP TABLE orders", "kind: DROP TABLE"},
      {kOrders, "", "DELETE FROM orders WHERE id = 1", "kind: DELETE"},
      {kOrders, "", "SELECT id FROM people", "table: public.people"},
      {kOrders, "", "SELECT id FROM orders WHERE note IN (SELECT email FROM hr.people)", "table: hr.people"},
      {"{tables: [orders], columns: [id]}", "", "SELECT note FROM orders", "column: public.orders.note"},
      {kOrders, "", "SELECT pg_sleep(1) FROM orders", "function: pg_catalog.pg_sleep"},
      {"{statements: [SET]}", "", "SET work_mem = '1GB'", "setting: work_mem"},
      {"{statements: [UPDATE], tables: [orders], requireWhere: [UPDATE]}", "", "UPDATE orders SET note = 'x'",
       "where-required: UPDATE"},
      {"{tables: [orders], injection: Deny}", "", "SELECT id FROM orders WHERE id = 1 OR 1 = 1",
       "injection: tautology"},
      {"{tables: [orders], limits: {statementBytes: 20}}", "", "SELECT id FROM orders", "too-long"},
      {"{tables: [orders], limits: {statementBytes: 21}}", "", "SELECT id FROM orders", "allowed"},
  });
}

TEST(SqlAllow, KindsAndTheirGroups) {
  expect_rows({
      {"{statements: [TCL]}", "", "BEGIN", "allowed"},
      {"{statements: [TCL]}", "", "START TRANSACTION ISOLATION LEVEL SERIALIZABLE", "allowed"},
      {"{statements: [TCL]}", "", "RELEASE SAVEPOINT a", "allowed"},
      {"{statements: [BEGIN]}", "", "COMMIT", "kind: COMMIT"},
      {"{statements: [DDL]}", "", "CREATE TABLE a (b int)", "allowed"},
      {"{statements: [DDL]}", "", "TRUNCATE a", "kind: TRUNCATE"},
      {"{statements: [TRUNCATE]}", "", "TRUNCATE a", "allowed"},
      {"{statements: [DCL]}", "", "GRANT SELECT ON a TO b", "allowed"},
      {"{statements: [OTHER]}", "", "LISTEN a", "allowed"},
      {"{statements: [SELECT]}", "", "VALUES (1)", "allowed"},
      {"{statements: [SELECT]}", "", "TABLE a", "allowed"},
      {"{statements: [SET]}", "", "RESET statement_timeout", "allowed"},
      {"{statements: [SHOW]}", "", "SHOW server_version", "allowed"},
      {"{statements: [EXPLAIN, SELECT]}", "", "EXPLAIN SELECT id FROM a", "allowed"},
      {"{statements: [EXPLAIN]}", "", "EXPLAIN SELECT 1", "kind: EXPLAIN"},
      {"{statements: [EXPLAIN, SELECT]}", "", "EXPLAIN ANALYZE DELETE FROM a", "kind: EXPLAIN"},
      {"{statements: [PREPARE, SELECT]}", "", "PREPARE p AS SELECT id FROM a", "allowed"},
      {"{statements: [PREPARE, SELECT]}", "", "PREPARE p AS DELETE FROM a", "kind: PREPARE"},
  });
}

TEST(SqlAllow, NeitherDdlNorOtherStandsForCodeAndFiles) {
  constexpr const char* kAll = "{statements: [SELECT, COPY, CALL, DDL, DCL, OTHER]}";
  expect_rows({
      {kAll, "", "DO $$ BEGIN END $$", "kind: DO"},
      {kAll, "", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "kind: CREATE FUNCTION"},
      {kAll, "", "COPY orders FROM PROGRAM 'id'", "kind: COPY"},
      {kAll, "", "COPY orders TO '/tmp/x'", "kind: COPY"},
      {kAll, "", "CREATE EXTENSION dblink", "kind: CREATE EXTENSION"},
      {"{users: [app]}", "", "DO $$ BEGIN END $$", "kind: DO"},
      {"{statements: [COPY, SELECT], tables: [orders]}", "", "COPY orders TO STDOUT", "allowed"},
      {"{statements: [COPY, SELECT], tables: [orders]}", "", "COPY orders FROM STDIN", "table: public.orders"},
  });
  const SqlSubject trusted(rules_of("  ingress: [{ports: [{port: 5432}], protocol: PostgreSQL}]\n"), app_context());
  EXPECT_EQ(answer(trusted, "DO $$ BEGIN END $$"), "allowed");
  EXPECT_EQ(answer(trusted, "SELECT 1; SELECT pg_read_file('a')"), "allowed");
  EXPECT_EQ(answer(trusted, "SET backslash_quote = on"), "setting: backslash_quote");
}

TEST(SqlAllow, EveryObligationByOneItemOrSeveral) {
  constexpr const char* kTwo = "{statements: [INSERT], tables: [a]}, {statements: [SELECT], tables: [b]}";
  expect_rows({
      {kTwo, "", "INSERT INTO a SELECT x FROM b", "allowed"},
      {kTwo, "", "INSERT INTO b SELECT x FROM b", "table: public.b"},
      {kTwo, "", "INSERT INTO a SELECT x FROM a", "table: public.a"},
      {"{statements: [INSERT], tables: ['*.a']}, {statements: [SELECT], tables: ['*.a'], columns: [x]}", "",
       "INSERT INTO a (x) SELECT s.y FROM other.a s", "column: other.a.y"},
      {kTwo, "", "WITH d AS (DELETE FROM b WHERE x = 1 RETURNING x) SELECT x FROM d", "table: public.b"},
      {"{statements: [SELECT, DELETE], tables: [a, b]}", "",
       "WITH d AS (DELETE FROM a WHERE x = 1 RETURNING x) SELECT "
       "b.x FROM d, b",
       "allowed"},
      {kTwo, "", "SELECT x FROM b UNION SELECT x FROM c", "table: public.c"},
      {kTwo, "", "SELECT x INTO a FROM b", "table: public.a"},
      {kTwo, "", "WITH b AS (SELECT 1) SELECT * FROM b", "allowed"},
      {"{statements: [SELECT], tables: [a]}", "", "SELECT x FROM a FOR UPDATE", "table: public.a"},
      {"{statements: [SELECT, UPDATE], tables: [a]}", "", "SELECT x FROM a FOR UPDATE", "allowed"},
      {"{statements: [INSERT, SELECT], tables: [a]}", "",
       "INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET y "
       "= 1",
       "table: public.a"},
  });
}

TEST(SqlAllow, NamesAndStars) {
  expect_rows({
      {"{tables: [orders]}", "", "SELECT 1 FROM public.orders", "allowed"},
      {"{tables: [orders]}", "", "SELECT 1 FROM other.orders", "table: other.orders"},
      {"{tables: ['order_*']}", "", "SELECT 1 FROM order_2024", "allowed"},
      {"{tables: ['order_*']}", "", "SELECT 1 FROM order_2024.a", "table: order_2024.a"},
      {"{tables: ['*']}", "", "SELECT 1 FROM x", "allowed"},
      {"{tables: ['*']}", "", "SELECT 1 FROM other.x", "table: other.x"},
      {"{tables: ['*.*']}", "", "SELECT 1 FROM other.x", "allowed"},
      {"{tables: ['*.*']}", "", "SELECT 1 FROM pg_catalog.pg_shadow", "table: pg_catalog.pg_shadow"},
      {"{tables: ['*.*']}", "", "SELECT 1 FROM pg_shadow", "table: pg_catalog.pg_shadow"},
      {"{statements: [SELECT]}", "", "SELECT 1 FROM information_schema.tables", "table: information_schema.tables"},
      {"{tables: ['information_schema.*']}", "", "SELECT 1 FROM information_schema.tables", "allowed"},
      {"{tables: [pg_class]}", "", "SELECT 1 FROM pg_class", "allowed"},
      {"{tables: [Orders]}", "", "SELECT 1 FROM Orders", "table: public.orders"},
      {"{tables: [Orders]}", "", "SELECT 1 FROM \"Orders\"", "allowed"},
  });
}

TEST(SqlAllow, ANameWithoutSchemaMustBeCoveredInEverySchemaOfThePath) {
  const auto rules = rules_of("{tables: [a.t, a.u, b.u], functions: [a.f]}", "{tables: [b.secret]}");
  auto context = app_context();
  context.search_path = {"a", "b"};
  const SqlSubject both(rules, context);
  EXPECT_EQ(answer(both, "SELECT 1 FROM u"), "allowed");
  EXPECT_EQ(answer(both, "SELECT 1 FROM t"), "table: a.t");
  EXPECT_EQ(answer(both, "SELECT 1 FROM a.t"), "allowed");
  EXPECT_EQ(answer(both, "SELECT f() FROM u"), "function: b.f");
  EXPECT_EQ(answer(both, "SELECT a.f() FROM u"), "allowed");
  EXPECT_EQ(answer(both, "SELECT 1 FROM secret"), "deny-rule: shop/db/deny");
  context.search_path = {};
  const SqlSubject none(rules, context);
  EXPECT_EQ(answer(none, "SELECT 1 FROM u"), "deny-rule: shop/db/deny") << "it may be b.secret for all we know";
  EXPECT_EQ(answer(none, "SELECT 1 FROM b.u"), "allowed");
  EXPECT_EQ(answer(none, "SELECT 1 FROM secret"), "deny-rule: shop/db/deny");
}

TEST(SqlAllow, Columns) {
  constexpr const char* kSome =
      "{statements: [SELECT, UPDATE, INSERT], tables: [people], columns: [public.people.id, "
      "'people.n*']}, {statements: [SELECT], tables: [orders]}";
  expect_rows({
      {kSome, "", "SELECT id, name FROM people", "allowed"},
      {kSome, "", "SELECT p.email FROM people p", "column: public.people.email"},
      {kSome, "", "SELECT * FROM people", "column: public.people.*"},
      {kSome, "", "SELECT p FROM people p", "column: public.people.*"},
      {kSome, "", "SELECT id FROM people WHERE email = 'a'", "column: public.people.email"},
      {kSome, "", "SELECT id FROM people ORDER BY email", "column: public.people.email"},
      {kSome, "", "UPDATE people SET email = 'a' WHERE id = 1", "column: public.people.email"},
      {kSome, "", "UPDATE people SET name = 'a' WHERE id = 1", "allowed"},
      {kSome, "", "INSERT INTO people (id, name) VALUES (1, 'a')", "allowed"},
      {kSome, "", "INSERT INTO people VALUES (1, 'a')", "column: public.people.*"},
      {kSome, "", "SELECT email FROM people, orders", "column: email"},
      {kSome, "", "SELECT orders.email FROM people, orders", "allowed"},
      {kSome, "", "SELECT count(*) FROM people", "allowed"},
  });
}

TEST(SqlAllow, AWriteLooksAtItsTargetButTellsItToWhoMayRead) {
  constexpr const char* kWrite = "{statements: [INSERT, UPDATE, DELETE], tables: [a]}";
  expect_rows({
      {kWrite, "", "UPDATE a SET x = 1 WHERE id = 2", "allowed"},
      {kWrite, "", "UPDATE a SET x = 1 WHERE id = 2 RETURNING secret", "column: public.a.id"},
      {kWrite, "", "DELETE FROM a WHERE id = 2", "allowed"},
      {kWrite, "", "DELETE FROM a RETURNING *", "column: public.a.*"},
      {kWrite, "", "INSERT INTO a (x) VALUES (1) RETURNING id", "allowed"},
      {kWrite, "", "UPDATE a SET x = (SELECT y FROM b) WHERE id = 1", "table: public.b"},
      {kWrite, "", "UPDATE a SET x = 1 WHERE id = 2 RETURNING 1", "allowed"},
      {kWrite, "", "INSERT INTO a (id, x) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET x = excluded.x WHERE a.y = 3",
       "allowed"},
  });
}

TEST(SqlAllow, FunctionsThatCanDoNoHarmUnlessAListReplacesThem) {
  constexpr const char* kNone = "{statements: [SELECT], tables: [a]}";
  for (const auto* harmless :
       {"lower('a')", "count(*)", "now()", "current_timestamp", "coalesce(1, 2)", "EXTRACT(year FROM now())",
        "trim('a')", "substring('a' FROM 1)", "pg_catalog.upper('a')", "jsonb_agg(1)", "row_number() OVER ()",
        "current_user", "'a'::text", "greatest(1, 2)", "position('a' IN 'b')", "now() AT TIME ZONE 'UTC'"}) {
    const SqlSubject subject(rules_of(kNone, ""), app_context());
    EXPECT_EQ(answer(subject, std::string("SELECT ") + harmless), "allowed") << harmless;
  }
  for (const auto* harmful : {"pg_sleep(1)",
                              "pg_read_file('a')",
                              "query_to_xml('a', true, true, '')",
                              "lo_import('a')",
                              "set_config('a.b', "
                              "'c', false)",
                              "dblink('a', 'b')",
                              "ts_stat('a')",
                              "nextval('a')",
                              "current_setting('a')",
                              "pg_ls_dir('a')",
                              "generate_series(1, 2)",
                              "database_to_xml(true, true, '')",
                              "pg_terminate_backend(1)",
                              "txid_current()",
                              "my_function()",
                              "ts_rewrite('a', 'b')",
                              "pg_stat_file('a')",
                              "pg_logfile_rotate()",
                              "cursor_to_xml('a', 1, "
                              "true, true, '')",
                              "table_to_xml('a', true, true, '')",
                              "has_table_privilege('a', 'b')"}) {
    const SqlSubject subject(rules_of(kNone, ""), app_context());
    EXPECT_EQ(answer(subject, std::string("SELECT ") + harmful).substr(0, 9), "function:") << harmful;
  }
  expect_rows({
      {"{functions: [next_no, 'audit.*']}", "", "SELECT next_no(), audit.any()", "allowed"},
      {"{functions: [next_no]}", "", "SELECT lower('a')", "function: pg_catalog.lower"},
      {"{functions: [lower]}", "", "SELECT lower('a')", "allowed"},
      {"{functions: [pg_catalog.lower]}", "", "SELECT lower('a')", "allowed"},
      {"{functions: [public.lower]}", "", "SELECT lower('a')", "function: pg_catalog.lower"},
      {"{functions: ['public.*']}", "", "SELECT pg_sleep(1)", "function: pg_catalog.pg_sleep"},
      {"{functions: ['*']}", "", "SELECT pg_sleep(1), other.f()", "allowed"},
      {kNone, "", "SELECT public.lower('a')", "function: public.lower"},
  });
}

TEST(SqlAllow, SettingsAndNeverThoseThatChangeHowTextIsRead) {
  constexpr const char* kAny = "{statements: [SET, SELECT, OTHER], functions: ['*']}";
  constexpr const char* kListed =
      "{statements: [SET, SELECT], settings: [statement_timeout, TimeZone], functions: [set_config]}";
  expect_rows({
      {kAny, "", "SET application_name = 'a'", "allowed"},
      {kAny, "", "SET DateStyle = 'ISO'", "allowed"},
      {kAny, "", "SET work_mem = '1GB'", "setting: work_mem"},
      {kListed, "", "SET statement_timeout = 1", "allowed"},
      {kListed, "", "SET LOCAL timezone = 'UTC'", "allowed"},
      {kListed, "", "SET TIME ZONE 'UTC'", "allowed"},
      {kListed, "", "SET application_name = 'a'", "setting: application_name"},
      {kListed, "", "SELECT set_config('statement_timeout', '1', false)", "allowed"},
      {kListed, "", "SELECT set_config('work_mem', '1', false)", "setting: work_mem"},
      {kListed, "", "SET standard_conforming_strings = off", "setting: standard_conforming_strings"},
      {kListed, "", "SET standard_conforming_strings = on", "allowed"},
      {kListed, "", "SET client_encoding TO 'Unicode'", "allowed"},
      {kListed, "", "SET NAMES 'UTF8'", "allowed"},
      {kListed, "", "SET client_encoding TO 'LATIN1'", "setting: client_encoding"},
      {kListed, "", "SET search_path = other", "setting: search_path"},
      {kListed, "", "SET ROLE admin", "setting: role"},
      {kListed, "", "SET SESSION AUTHORIZATION admin", "setting: session_authorization"},
      {kListed, "", "RESET ALL", "allowed"},
      {kAny, "", "DISCARD ALL", "allowed"},
  });
}

TEST(SqlAllow, WheresAtAnyDepthThatAreNotAlwaysTrue) {
  constexpr const char* kBoth = "{tables: [a, b], requireWhere: [UPDATE, DELETE]}";
  constexpr const char* kDelete = "{tables: [a, b], requireWhere: [DELETE]}";
  expect_rows({
      {kBoth, "", "DELETE FROM a WHERE id = 1", "allowed"},
      {kBoth, "", "DELETE FROM a", "where-required: DELETE"},
      {kBoth, "", "DELETE FROM a WHERE 1 = 1", "where-required: DELETE"},
      {kBoth, "", "DELETE FROM a WHERE true", "where-required: DELETE"},
      {kBoth, "", "DELETE FROM a WHERE id = id", "where-required: DELETE"},
      {kBoth, "", "UPDATE a SET x = 1 WHERE id = 1 OR 'a' = 'a'", "where-required: UPDATE"},
      {kBoth, "", "WITH d AS (DELETE FROM a RETURNING id) SELECT id FROM d", "where-required: DELETE"},
      {kBoth, "", "EXPLAIN ANALYZE DELETE FROM a", "where-required: DELETE"},
      {kBoth, "", "PREPARE p AS UPDATE a SET x = 1", "where-required: UPDATE"},
      {kBoth, "", "SELECT 1 FROM a", "allowed"},
      {kDelete, "", "UPDATE a SET x = 1", "allowed"},
      {"{tables: [a], requireWhere: [DELETE]}, {tables: [b]}", "", "DELETE FROM b", "allowed"},
      {"{tables: [a], requireWhere: [DELETE]}, {tables: ['*']}", "", "DELETE FROM a", "where-required: DELETE"},
  });
}

TEST(SqlAllow, StackedStatementsAreJudgedEach) {
  constexpr const char* kStack = "{tables: [a], stackedStatements: Allow}";
  expect_rows({
      {kStack, "", "SELECT 1 FROM a; UPDATE a SET x = 1", "allowed"},
      {kStack, "", "SELECT 1 FROM a; SELECT 1 FROM b", "table: public.b"},
      {"{tables: [a], stackedStatements: Allow}, {tables: [b]}", "", "SELECT 1 FROM a; SELECT 1 FROM b",
       "stacked: 2 statements"},
      {kStack, "{tables: [b]}", "SELECT 1 FROM a; SELECT 1 FROM b", "deny-rule: shop/db/deny"},
      {kOrders, "", "SELECT 1;", "allowed"},
  });
}

TEST(SqlAllow, SignsOfInjection) {
  for (const auto* text : {"SELECT id FROM a WHERE id = 1 OR 1 = 1", "SELECT id FROM a UNION SELECT 'x'",
                           "SELECT id FROM a ORDER BY (CASE WHEN 1 = 1 THEN id ELSE 1 END)"}) {
    const SqlSubject deny(rules_of("{tables: [a], injection: Deny}", ""), app_context());
    EXPECT_EQ(answer(deny, text).substr(0, 10), "injection:") << text;
    const SqlSubject log(rules_of("{tables: [a]}", ""), app_context());
    const auto logged = shared_judge().judge(text, log);
    EXPECT_TRUE(logged.allow && logged.looks_injected) << text;
    const SqlSubject off(rules_of("{tables: [a], injection: 'Off'}", ""), app_context());
    const auto ignored = shared_judge().judge(text, off);
    EXPECT_TRUE(ignored.allow && !ignored.looks_injected) << text;
  }
  const SqlSubject none(rules_of("", ""), app_context());
  EXPECT_TRUE(shared_judge().judge("SELECT id FROM a WHERE id = 1 OR 1 = 1", none).looks_injected);
  EXPECT_FALSE(shared_judge().judge("SELECT id FROM a WHERE id = 1", none).looks_injected);
  const SqlSubject deny(rules_of("{tables: [a], injection: Deny}", ""), app_context());
  EXPECT_EQ(answer(deny, "SELECT id FROM a WHERE id = $1 OR name = 'x'"), "allowed");
}

TEST(SqlAllow, TheStrictestLimitOfTheItemsItConcerns) {
  const auto rules =
      rules_of("{tables: ['*'], limits: {rows: 100, bytes: 7}}, {tables: [a], limits: {rows: 5}}, {tables: [b]}", "");
  const SqlSubject subject(rules, app_context());
  const auto narrow = shared_judge().judge("SELECT 1 FROM a", subject);
  EXPECT_EQ(narrow.rows, 5U);
  EXPECT_EQ(narrow.bytes, 7U);
  EXPECT_EQ(narrow.rule, "shop/db/allow");
  EXPECT_EQ(shared_judge().judge("SELECT 1 FROM b", subject).rows, 100U);
  auto context = app_context();
  context.abilities.counts_rows = false;
  const SqlSubject blind(rules, context);
  EXPECT_EQ(answer(blind, "SELECT 1 FROM a"), "row-limit: results are not counted here");
}

TEST(SqlAllow, AMaskedColumnLeavesOnlyWhereItCanBeCovered) {
  const auto rules =
      rules_of("{statements: [SELECT, COPY], tables: [people], mask: [{column: people.email, with: Redact}]}", "");
  const SqlSubject subject(rules, app_context());
  const auto covered = shared_judge().judge("SELECT id, email FROM people", subject);
  EXPECT_TRUE(covered.allow);
  ASSERT_EQ(covered.masks.size(), 1U);
  EXPECT_EQ(covered.masks[0], "people.email");
  EXPECT_TRUE(shared_judge().judge("SELECT id FROM people", subject).masks.empty());
  EXPECT_EQ(answer(subject, "SELECT email || '' FROM people"), "masking: people.email");
  EXPECT_EQ(answer(subject, "COPY people TO STDOUT"), "masking: people.email");
  auto context = app_context();
  context.abilities.masks_columns = false;
  const SqlSubject blind(rules, context);
  EXPECT_EQ(answer(blind, "SELECT * FROM people"), "masking: people.email");
  EXPECT_EQ(answer(blind, "SELECT id FROM people"), "allowed");
}

TEST(SqlAllow, WhereTheLineageIsLostTheStrictestItemOfTheSessionDecides) {
  const std::string item = "{statements: [SELECT], tables: [people], mask: [{column: people.email, with: Redact}]";
  const std::string other = "{statements: [SELECT], tables: [staff], mask: [{column: staff.mail, with: Redact}]";
  auto context = app_context();
  context.abilities.scans_lost = true;
  const auto ask = [&](const std::string& items, const SqlContext& by) {
    return answer(SqlSubject(rules_of(items, ""), by), "SELECT email || '' FROM people");
  };
  EXPECT_EQ(ask(item + ", lostLineage: Scan}", context), "allowed");
  EXPECT_EQ(ask(item + ", lostLineage: Scan}, {tables: [free]}", context), "allowed");
  EXPECT_EQ(ask(item + "}", context), "masking: people.email");
  EXPECT_EQ(ask(item + ", lostLineage: Deny}", context), "masking: people.email");
  EXPECT_EQ(ask(item + ", lostLineage: Scan}, " + other + "}", context), "masking: people.email");
  EXPECT_EQ(ask(item + ", lostLineage: Scan}, " + other + ", lostLineage: Scan}", context), "allowed");
  EXPECT_EQ(ask(item + ", lostLineage: Scan}", app_context()), "masking: people.email") << "nobody searches";
}

}  // namespace
}  // namespace gabion::inspect::sql
