// What a Deny item meets: any schema a name may be in, any depth, every position of a table.
#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

constexpr const char* kDenied = "deny-rule: shop/db/deny";

TEST(SqlDeny, ATableInEveryPosition) {
  for (const auto* text : {"SELECT 1 FROM secret",
                           "SELECT 1 FROM public.secret",
                           "SELECT 1 FROM a JOIN secret USING (x)",
                           "SELECT (SELECT max(x) FROM secret)",
                           "SELECT 1 WHERE EXISTS (SELECT 1 FROM secret)",
                           "WITH s AS (SELECT * FROM secret) SELECT * FROM s",
                           "SELECT 1 UNION ALL SELECT x FROM secret",
                           "INSERT INTO a SELECT x FROM secret",
                           "UPDATE a SET x = 1 FROM secret",
                           "DELETE FROM a USING secret",
                           "DELETE FROM secret",
                           "UPDATE secret SET x = 1",
                           "INSERT INTO secret VALUES (1)",
                           "COPY secret TO STDOUT",
                           "CREATE TABLE b AS SELECT * FROM secret",
                           "CREATE VIEW v AS SELECT * FROM secret",
                           "EXPLAIN SELECT 1 FROM secret",
                           "PREPARE p AS SELECT 1 FROM secret",
                           "DECLARE c CURSOR FOR SELECT 1 FROM secret",
                           "TRUNCATE secret",
                           "DROP TABLE secret",
                           "LOCK TABLE secret",
                           "TABLE secret",
                           "SELECT 1 FROM a, LATERAL (SELECT x FROM secret) s",
                           "MERGE INTO a USING secret ON true WHEN MATCHED THEN DO NOTHING"}) {
    const SqlSubject subject(rules_of("", "{tables: [secret]}"), app_context());
    EXPECT_EQ(answer(subject, text), kDenied) << text;
  }
}

TEST(SqlDeny, FieldsOfAnItemAreAnded) {
  expect_rows({
      {"", "{statements: [DELETE], tables: [a]}", "DELETE FROM a", kDenied},
      {"", "{statements: [DELETE], tables: [a]}", "SELECT 1 FROM a", "allowed"},
      {"", "{statements: [DELETE], tables: [a]}", "DELETE FROM b USING a", kDenied},
      {"", "{statements: [DELETE], tables: [a]}", "WITH d AS (DELETE FROM a RETURNING 1) SELECT 1", kDenied},
      {"", "{tables: [a], functions: [lower]}", "SELECT lower(x) FROM a", kDenied},
      {"", "{tables: [a], functions: [lower]}", "SELECT lower(x) FROM b", "allowed"},
      {"", "{users: [app]}", "SELECT 1", kDenied},
      {"", "{users: [other]}", "SELECT 1", "allowed"},
      {"", "{databases: ['sh*'], statements: [DDL]}", "DROP TABLE b", kDenied},
      {"", "{functions: ['pg_*']}", "SELECT pg_sleep(1)", kDenied},
      {"", "{functions: [pg_sleep]}", "SELECT pg_catalog.pg_sleep(1)", kDenied},
      {"", "{functions: [public.lower]}", "SELECT lower('a')", kDenied},
      {"", "{settings: [statement_timeout]}", "SET statement_timeout = 1", kDenied},
      {"", "{settings: [statement_timeout]}", "RESET ALL", kDenied},
      {"", "{settings: [statement_timeout]}", "SET lock_timeout = 1", "allowed"},
      {"", "{tables: [pg_shadow]}", "SELECT 1 FROM pg_catalog.pg_shadow", kDenied},
      {"", "{tables: [pg_shadow]}", "SELECT 1 FROM pg_shadow", kDenied},
  });
}

TEST(SqlDeny, AColumnThatMayBeMeant) {
  constexpr const char* kEmail = "{columns: [public.people.email]}";
  expect_rows({
      {"", kEmail, "SELECT email FROM people", kDenied},
      {"", kEmail, "SELECT p.email FROM people p", kDenied},
      {"", kEmail, "SELECT * FROM people", kDenied},
      {"", kEmail, "SELECT people FROM people", kDenied},
      {"", kEmail, "SELECT email FROM people, a", kDenied},
      {"", kEmail, "SELECT a.email FROM people, a", "allowed"},
      {"", kEmail, "SELECT id FROM people", "allowed"},
      {"", kEmail, "SELECT email FROM a", "allowed"},
      {"", "{columns: [email]}", "SELECT email FROM a", kDenied},
      {"", "{columns: [email], tables: [people]}", "SELECT email FROM a", "allowed"},
      {"", "{columns: [people.email], statements: [UPDATE]}", "UPDATE people SET email = 'a' WHERE id = 1", kDenied},
      {"", "{columns: [people.email], statements: [INSERT]}", "SELECT email FROM people", "allowed"},
  });
}

TEST(SqlDeny, WhatChangesNamesIsRefusedWhereARuleLooksAtThem) {
  expect_rows({
      {"", "{tables: [secret]}", "SET search_path = other", "setting: search_path"},
      {"", "{tables: [secret]}", "SELECT set_config('search_path', 'other', false)", "setting: search_path"},
      {"", "{tables: [secret]}", "SET ROLE admin", "setting: role"},
  });
}

}  // namespace
}  // namespace gabion::inspect::sql
