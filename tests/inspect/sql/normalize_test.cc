// Normalised statements keep their shape and never a value.
#include "inspect/sql/normalize.h"

#include <gtest/gtest.h>

#include "inspect/sql/fingerprint.h"
#include "tests/inspect/sql/one_parser.h"

namespace gabion::inspect::sql {
namespace {

TEST(SqlNormalize, ValuesBecomeNumberedAndBlanksOneSpace) {
  struct Row {
    const char* text;
    const char* normalized;
  };
  constexpr Row kRows[] = {
      {"SELECT 1", "SELECT $1"},
      {"SELECT  a,b\n FROM t -- c", "SELECT a,b FROM t"},
      {"SELECT/* x */a FROM t", "SELECT a FROM t"},
      {"SELECT $2, 5, 'x'", "SELECT $2, $3, $4"},
      {"SELECT -1.5e3, 0.5, B'1', X'1F', N'x', E'\\n', U&'x', $q$x$q$", "SELECT -$1, $2, $3, $4, N $5, $6, $7, $8"},
      {"SELECT 'a'\n'b', 'it''s'", "SELECT $1, $2"},
      {"SELECT U&\"d\\0061t\", \"a b\"", "SELECT U&\"d\\0061t\", \"a b\""},
      {"SET x = y", "SET x = $1"},
      {"SET LOCAL a.b TO c, 'd', -5", "SET LOCAL a.b TO $1, $2, -$3"},
      {"SET x TO DEFAULT", "SET x TO DEFAULT"},
      {"SET TIME ZONE utc", "SET TIME ZONE $1"},
      {"SET ROLE bob", "SET ROLE bob"},
      {"ALTER ROLE r SET x = y", "ALTER ROLE r SET x = $1"},
      {"UPDATE t SET a = b WHERE c = 'd'", "UPDATE t SET a = b WHERE c = $1"},
      {"SET x = y; SELECT a FROM t", "SET x = $1; SELECT a FROM t"},
      {"SELECT'x'FROM t", "SELECT $1 FROM t"},
      {"SELECT 'open", ""},
      {"", ""},
  };
  static_cast<void>(one_parser());
  for (const auto& [text, normalized] : kRows) {
    EXPECT_EQ(normalize(text), normalized) << text;
  }
}

constexpr const char* kCanaries[] = {
    "SELECT 'canary', E'canary', U&'canary', N'canary', $$canary$$, $x$canary$x$, 'x'\n'canary'",
    "SELECT 7777777, 7777777.5, 7777777e1, .7777777, -7777777",
    "SELECT a FROM t WHERE b LIKE 'canary%' ESCAPE 'c' OR c IN ('canary', 7777777) LIMIT 7777777",
    "INSERT INTO t (a) VALUES ('canary'), (DEFAULT), (7777777) ON CONFLICT DO NOTHING",
    "UPDATE t SET a = 'canary', b = 7777777 WHERE c = 'canary'",
    "PREPARE p AS SELECT 'canary'",
    "EXECUTE p ('canary', 7777777)",
    "NOTIFY ch, 'canary'",
    "COMMENT ON TABLE t IS 'canary'",
    "COPY t FROM '/canary'",
    "COPY t TO PROGRAM 'canary' WITH (DELIMITER 'c')",
    "CREATE TABLE t (a text DEFAULT 'canary', b int CHECK (b > 7777777))",
    "ALTER SYSTEM SET x = 'canary'",
    "ALTER ROLE r PASSWORD 'canary'",
    "CREATE USER u PASSWORD 'canary' VALID UNTIL 'canary'",
    "CREATE USER MAPPING FOR u SERVER s OPTIONS (password 'canary')",
    "CREATE SUBSCRIPTION s CONNECTION 'password=canary' PUBLICATION p",
    "SET x = canary",
    "SET x TO 'canary', canary",
    "SET LOCAL x.y = 7777777",
    "ALTER DATABASE d SET x TO canary",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET x = canary AS 'canary'",
    "DO $$canary$$",
    "DO LANGUAGE plpgsql 'canary'",
    "SELECT 1 -- canary",
    "SELECT /* canary /* canary */ */ 1",
    "DECLARE c CURSOR FOR SELECT 'canary'",
    "FETCH 7777777 FROM c",
    "EXPLAIN (FORMAT 'canary') SELECT 'canary'",
    "PREPARE TRANSACTION 'canary'",
    "SECURITY LABEL ON TABLE t IS 'canary'",
    "CREATE TABLE t PARTITION OF u FOR VALUES IN ('canary')",
    "CREATE TYPE e AS ENUM ('canary')",
    "ALTER TYPE e ADD VALUE 'canary' BEFORE 'canary'",
    "SELECT INTERVAL 'canary' DAY, DATE 'canary', 'canary'::text, text 'canary'",
    "SELECT set_config('x', 'canary', true)",
    "CALL p('canary', x => 7777777)",
    "MERGE INTO t USING u ON true WHEN MATCHED THEN UPDATE SET a = 'canary'",
    "CREATE RULE r AS ON INSERT TO t DO ALSO NOTIFY x, 'canary'",
    "SELECT JSON '{\"a\": \"canary\"}' ->> 'canary'",
    "SELECT a[7777777:7777777] FROM t",
    "SELECT xmlparse(content 'canary'), xmlpi(name a, 'canary')",
    "LOAD 'canary'",
    "IMPORT FOREIGN SCHEMA s FROM SERVER v INTO x OPTIONS (a 'canary')",
};

// A canary stands wherever a value can: none may be left. libpg_query's own normaliser leaves many of these.
TEST(SqlNormalize, NoCanarySurvives) {
  Facts facts;
  for (const std::string_view text : kCanaries) {
    one_parser().parse(text, {}, facts);
    EXPECT_EQ(facts.error(), ParseError::kNone) << text;
    const std::string normalized = normalize(text);
    EXPECT_FALSE(normalized.empty()) << text;
    EXPECT_EQ(normalized.find("canary"), std::string::npos) << normalized;
    EXPECT_EQ(normalized.find("777777"), std::string::npos) << normalized;
  }
}

std::optional<Fingerprint> print(std::string_view text) {
  Facts facts;
  one_parser().parse(text, {}, facts);
  return facts.statements().size() == 1 ? fingerprint(text, facts.statements()[0]) : std::nullopt;
}

bool is_learnable(std::string_view text) {
  Facts facts;
  one_parser().parse(text, {}, facts);
  return facts.statements().size() == 1 && may_be_learnt(facts.statements()[0]);
}

TEST(SqlFingerprint, WhatTheTreeMergesTheFactsTellApart) {
  const auto ten = print("SELECT a FROM logs_10 WHERE b = 1");
  const auto other_value = print("SELECT a FROM logs_10 WHERE b = 2");
  const auto ninety = print("SELECT a FROM logs_99 WHERE b = 1");
  ASSERT_TRUE(ten && other_value && ninety);
  EXPECT_EQ(*ten, *other_value);
  EXPECT_EQ(ten->tree, ninety->tree);
  EXPECT_NE(*ten, *ninety);
  EXPECT_NE(print("SELECT 1")->facts, print("SELECT 'x'::regclass")->facts);
}

TEST(SqlFingerprint, WhatHidesItsMeaningIsNotLearnt) {
  for (const char* text : {"SET x = on", "EXECUTE a", "DO 'x'", "CALL p()", "DECLARE c CURSOR FOR SELECT 1",
                           "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''", "SELECT set_config('a', 'b', true)"}) {
    EXPECT_FALSE(is_learnable(text)) << text;
  }
  EXPECT_TRUE(is_learnable("SELECT a FROM t"));
}

}  // namespace
}  // namespace gabion::inspect::sql
