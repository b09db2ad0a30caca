// What statements of PostgreSQL do: a file of rows, the flags, and every answer to a text that is refused.
#include "inspect/sql/parse.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "inspect/sql/self_check.h"
#include "tests/inspect/sql/one_parser.h"

namespace gabion::inspect::sql {
namespace {

std::string read(std::string_view text) {
  Facts facts;
  one_parser().parse(text, {}, facts);
  std::string lines(to_string(facts.error()));
  for (const Statement& statement : facts.statements()) {
    lines += (lines.empty() ? "" : " ;; ") + fact_text(statement);
  }
  return lines;
}

std::string flags_of(std::string_view text) {
  Facts facts;
  one_parser().parse(text, {}, facts);
  std::string names;
  for (const Statement& statement : facts.statements()) {
    names += names.empty() ? "" : " ;";
    for (std::size_t i = 0; i < kFlagCount; ++i) {
      if (const auto flag = static_cast<Flag>(i); statement.flags.has(flag)) {
        names += (names.empty() ? "" : " ") + std::string(to_string(flag));
      }
    }
  }
  return names;
}

// The file says a statement on one line and its facts, indented, on the next.
TEST(SqlParse, StatementsAreReadAsTheFileSays) {
  std::ifstream file(std::string(GABION_SOURCE_DIR) + "/tests/inspect/sql/statements.txt");
  ASSERT_TRUE(file);
  std::string line;
  std::string statement;
  int rows = 0;
  while (std::getline(file, line)) {
    if (line.starts_with("    ")) {
      EXPECT_EQ(read(statement), line.substr(4)) << statement;
      ++rows;
    } else if (!line.starts_with("#")) {
      statement = line;
    }
  }
  EXPECT_GT(rows, 220);
}

struct FlagRow {
  const char* text;
  const char* flags;
};

void check_flags(std::initializer_list<FlagRow> rows) {
  for (const auto& [text, flags] : rows) {
    EXPECT_EQ(flags_of(text), flags) << text;
  }
}

TEST(SqlParse, WritesWithoutWhereAreSeenAtAnyDepth) {
  check_flags({
      {"UPDATE t SET a = 1", "whereless-write writes"},
      {"UPDATE t SET a = 1 WHERE b = 2", "has-where writes"},
      {"DELETE FROM t WHERE true", "has-where tautological-write tautology writes"},
      {"DELETE FROM t WHERE 1 = 1", "has-where tautological-write tautology constant-comparison writes"},
      {"DELETE FROM t WHERE a = a", "has-where tautological-write tautology writes"},
      {"DELETE FROM t WHERE a = 1 OR 'x' = 'x'",
       "has-where tautological-write tautology constant-comparison constant-or writes"},
      {"DELETE FROM t WHERE NOT (1 = 2)", "has-where tautological-write tautology constant-comparison writes"},
      {"DELETE FROM t WHERE 2 * 3 = 6", "has-where tautological-write tautology constant-comparison writes"},
      {"DELETE FROM t WHERE 1 = 2", "has-where constant-comparison writes"},
      {"DELETE FROM t WHERE a LIKE '%'", "has-where tautological-write tautology writes"},
      {"DELETE FROM t WHERE a LIKE 'x%'", "has-where writes"},
      {"DELETE FROM t WHERE a = 1 AND 1 = 1", "has-where tautology constant-comparison writes"},
      {"WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d", "whereless-write returns-rows writes value-read"},
      {"WITH d AS (DELETE FROM t) UPDATE u SET a = 1 WHERE b = 2", "whereless-write writes"},
      {"EXPLAIN ANALYZE DELETE FROM t", "whereless-write returns-rows writes executes"},
      {"EXPLAIN (ANALYZE false) DELETE FROM t", "whereless-write returns-rows writes"},
      {"PREPARE p AS DELETE FROM t", "whereless-write writes"},
      {"CREATE RULE r AS ON INSERT TO t DO DELETE FROM u", "whereless-write defines-code writes"},
      {"SELECT a FROM t WHERE b = 1", "has-where returns-rows"},
      {"SELECT a FROM t UNION SELECT b FROM u WHERE c = 1", "has-where returns-rows"},
      {"INSERT INTO t SELECT a FROM u WHERE b = 1", "writes"},
      {"COPY (SELECT a FROM t WHERE b = 1) TO STDOUT", "has-where copy-to-stdout"},
  });
}

// ON is the WHERE of a MERGE, and WHEN adds to it.
TEST(SqlParse, MergesOfEveryRowAreWritesWithoutWhere) {
  check_flags({
      {"MERGE INTO t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE", "whereless-write writes"},
      {"MERGE INTO t USING (SELECT 1 AS x) s ON s.x = 1 WHEN MATCHED THEN UPDATE SET a = 1", "whereless-write writes"},
      {"MERGE INTO t USING (SELECT 1 AS z) s ON z = 1 WHEN MATCHED THEN DELETE", "whereless-write writes"},
      {"MERGE INTO t USING u ON 1 = 1 WHEN MATCHED AND t.a = 1 THEN DELETE", "tautology constant-comparison writes"},
      {"MERGE INTO t USING u ON true WHEN MATCHED AND true THEN DELETE", "tautological-write tautology writes"},
      {"MERGE INTO t USING u ON true WHEN MATCHED AND t.a = 1 THEN DO NOTHING WHEN MATCHED THEN DELETE",
       "whereless-write writes"},
      {"MERGE INTO t USING u ON t.a = u.b WHEN MATCHED THEN DELETE", "writes"},
      {"MERGE INTO t USING u ON a = b WHEN MATCHED THEN DELETE", "writes unknown-columns"},
      {"MERGE INTO t x USING u ON x.a = u.b WHEN MATCHED THEN UPDATE SET c = 1", "writes"},
      {"MERGE INTO t USING u ON t.a = t.a WHEN MATCHED THEN DELETE", "whereless-write tautology writes"},
      {"MERGE INTO t USING u ON true WHEN NOT MATCHED THEN INSERT VALUES (1)", "writes"},
  });
}

TEST(SqlParse, StatementsThatReachWhatTheyDoNotNameSaySo) {
  check_flags({
      {"DROP SCHEMA s CASCADE", "writes unnamed-relations"},
      {"DROP SCHEMA s", "writes"},
      {"DROP TABLE t", "writes"},
      {"DROP TABLE t CASCADE", "writes unnamed-relations"},
      {"DROP TYPE ty CASCADE", "writes unnamed-relations"},
      {"DROP FUNCTION f(int) CASCADE", "writes unnamed-relations"},
      {"DROP DOMAIN d CASCADE", "writes unnamed-relations"},
      {"DROP EXTENSION x", "writes unnamed-relations"},
      {"DROP OWNED BY r", "writes unnamed-relations"},
      {"REASSIGN OWNED BY a TO b", "writes unnamed-relations"},
      {"DROP DATABASE d", "writes unnamed-relations"},
      {"GRANT ALL ON ALL TABLES IN SCHEMA s TO r", "writes unnamed-relations"},
      {"REVOKE USAGE ON ALL SEQUENCES IN SCHEMA s FROM r", "writes unnamed-relations"},
      {"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA s TO r", "writes"},
      {"GRANT SELECT ON t TO r", "writes"},
      {"ALTER SCHEMA s RENAME TO x", "writes unnamed-relations"},
      {"ALTER SCHEMA s OWNER TO r", "writes unnamed-relations"},
      {"ALTER DATABASE d SET TABLESPACE x", "writes unnamed-relations"},
      {"ALTER DATABASE d CONNECTION LIMIT 1", "writes"},
      {"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r", "writes unnamed-relations"},
      {"CREATE PUBLICATION p FOR ALL TABLES", "writes unnamed-relations"},
      {"CREATE PUBLICATION p FOR TABLES IN SCHEMA s", "writes unnamed-relations"},
      {"ALTER PUBLICATION p ADD TABLES IN SCHEMA CURRENT_SCHEMA", "writes unnamed-relations"},
      {"CREATE PUBLICATION p FOR TABLE t", "writes"},
      {"CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p", "writes unnamed-relations"},
      {"ALTER SUBSCRIPTION s REFRESH PUBLICATION", "writes unnamed-relations"},
      {"IMPORT FOREIGN SCHEMA s FROM SERVER v INTO x", "writes unnamed-relations"},
      {"REINDEX SCHEMA s", "writes unnamed-relations"},
      {"REINDEX DATABASE d", "writes unnamed-relations"},
      {"REINDEX TABLE t", "writes"},
      {"VACUUM", "writes unnamed-relations"},
      {"ANALYZE", "writes unnamed-relations"},
      {"VACUUM t", "writes"},
      {"CLUSTER", "writes unnamed-relations"},
      {"CLUSTER t", "writes"},
      {"ALTER TABLE ALL IN TABLESPACE x SET TABLESPACE y", "writes unnamed-relations"},
      {"ALTER TABLE t DROP COLUMN a CASCADE", "writes unnamed-relations"},
      {"ALTER TABLE t DROP COLUMN a", "writes"},
      {"ALTER DOMAIN d DROP CONSTRAINT c CASCADE", "defines-code writes unnamed-relations"},
      {"ALTER TYPE ty DROP ATTRIBUTE a CASCADE", "writes unnamed-relations"},
      {"ALTER TYPE ty RENAME ATTRIBUTE a TO b CASCADE", "writes unnamed-relations"},
      {"TRUNCATE t CASCADE", "writes unnamed-relations"},
      {"TRUNCATE t", "writes"},
      {"CREATE EXTENSION x", "defines-code writes unnamed-relations"},
      {"ALTER EXTENSION x UPDATE", "defines-code writes unnamed-relations"},
      {"ALTER EXTENSION x SET SCHEMA s", "writes unnamed-relations"},
      {"ALTER EXTENSION x ADD TABLE s.t", "writes"},
      {"ALTER EXTENSION x DROP FUNCTION f(int)", "writes"},
  });
}

TEST(SqlParse, StructuresThatInjectionLeavesAreFlagged) {
  check_flags({
      {"SELECT a FROM t WHERE b = 1 OR 1=1", "has-where tautology constant-comparison constant-or returns-rows"},
      {"SELECT a FROM t WHERE b = '' OR 'a'='a' -- '",
       "has-where tautology constant-comparison constant-or trailing-comment returns-rows"},
      {"SELECT a FROM t WHERE b = 1 AND 4242=4243", "has-where constant-comparison returns-rows"},
      {"SELECT a FROM t WHERE b = 1 OR true", "has-where tautology constant-or returns-rows"},
      {"SELECT a FROM t WHERE b = 1 UNION ALL SELECT NULL || CHR(113) || 'x'", "has-where constant-union returns-rows"},
      {"SELECT a FROM t WHERE b = (CASE WHEN 1=1 THEN 1 ELSE 0 END)",
       "has-where tautology constant-comparison constant-case returns-rows"},
      {"SELECT a FROM t LIMIT (SELECT CASE WHEN 2>1 THEN 5 END)",
       "tautology constant-comparison constant-case returns-rows"},
      {"SELECT pg_sleep(5)", "time-function returns-rows"},
      {"SELECT pg_catalog.pg_read_file('x')", "file-function returns-rows"},
      {"SELECT query_to_xml('SELECT 1', true, true, '')", "hidden-sql returns-rows"},
      {"SELECT pg_terminate_backend(1)", "admin-function returns-rows"},
      {"SELECT rolname FROM pg_roles", "catalogue returns-rows"},
      {"SELECT 1 FROM information_schema.tables", "catalogue returns-rows"},
      {"SELECT a FROM t /* why */", "returns-rows"},
      {"SELECT '--' FROM t", "returns-rows"},
      {"SELECT 1; SELECT 2 -- x", "returns-rows ; trailing-comment returns-rows"},
  });
}

TEST(SqlParse, PlainStatementsAreNotFlagged) {
  check_flags({
      {"SELECT a FROM t WHERE b = $1 AND c IN (1, 2) OR d BETWEEN 1 AND 2", "has-where returns-rows parameters"},
      {"SELECT t.a FROM t JOIN u ON true", "returns-rows"},
      {"SELECT 'a' UNION ALL SELECT 'b'", "returns-rows"},
      {"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r", "returns-rows"},
      {"SELECT CASE WHEN a = 1 THEN 'x' ELSE 'y' END FROM t", "returns-rows"},
      {"SELECT a FROM t WHERE b = c", "has-where returns-rows"},
  });
}

TEST(SqlParse, SessionsAreToldWhatChangesTheirReading) {
  check_flags({
      {"SET standard_conforming_strings = off", "lexer-setting"},
      {"SET NAMES 'sjis'", "lexer-setting"},
      {"SELECT set_config('BackSlash_Quote', 'on', false)", "lexer-setting returns-rows"},
      {"SELECT set_config('a' || b, 'on', false) FROM t", "lexer-setting name-setting returns-rows"},
      {"SET search_path = x", "name-setting"},
      {"SET ROLE x", "name-setting"},
      {"RESET ALL", "lexer-setting name-setting"},
      {"DISCARD ALL", "lexer-setting name-setting writes"},
      {"SET work_mem = 1", ""},
      {"ALTER ROLE r SET client_encoding = 'x'", "lexer-setting writes"},
      {"CREATE FUNCTION f() RETURNS int SET role = x LANGUAGE sql AS ''", "defines-code name-setting writes"},
      {"BEGIN", "transaction"},
      {"DO 'x'", "dynamic-sql writes"},
      {"COPY t FROM PROGRAM 'x'", "copy-program writes"},
      {"COPY t TO '/x'", "copy-file"},
      {"SELECT 'x'::regclass", "returns-rows reg-cast"},
      {"SELECT a FROM t FOR NO KEY UPDATE", "returns-rows row-lock"},
      {"SELECT a FROM t, u", "returns-rows unknown-columns"},
      {"CREATE TABLE t (a int DEFAULT f())", "defines-code writes"},
      {"CALL p()", "writes"},
  });
}

// ---- refusals -------------------------------------------------------------------------------------------------------

std::string repeat(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) {
    repeated += text;
  }
  return repeated;
}

TEST(SqlParse, RefusalsSayWhatAndWhere) {
  using namespace std::string_literals;
  struct Row {
    std::string text;
    ParseError error;
    std::uint32_t offset;
  };
  const std::string chain = repeat("1+", 600) + "1";
  const std::vector<Row> rows{
      {"SELECT 'abc", ParseError::kSyntax, 7},
      {"SELEC 1", ParseError::kSyntax, 0},
      {"SELECT \"\xc3\xa9\xc3\xa9\", ,", ParseError::kSyntax, 15},
      {"SELECT 1;\0"s, ParseError::kNulByte, 9},
      {"SELECT '\xff'", ParseError::kEncoding, 8},
      {"SELECT '\xed\xa0\x80'", ParseError::kEncoding, 8},
      {"SELECT '\xc0\x80'", ParseError::kEncoding, 8},
      {"SELECT '" + std::string(1 << 20, 'x') + "'", ParseError::kTooLong, 1U << 20},
      {"SELECT 1; SELECT " + chain, ParseError::kTooDeep, 10},
      {"SELECT " + repeat("(", 20000), ParseError::kTooDeep, 0},
      {"IDENTIFY_SYSTEM", ParseError::kSyntax, 0},
      {"SELECT E'\\uD800'", ParseError::kSyntax, 0},
  };
  Facts facts;
  for (const Row& row : rows) {
    one_parser().parse(row.text, {}, facts);
    EXPECT_EQ(to_string(facts.error()), to_string(row.error)) << row.text.substr(0, 40);
    if (row.offset != 0) {
      EXPECT_EQ(facts.error_offset(), row.offset) << row.text.substr(0, 40);
    }
    EXPECT_TRUE(facts.statements().empty());
  }
}

TEST(SqlParse, TextsWithoutAStatementAreNoError) {
  Facts facts;
  for (const std::string_view text : {"", " ", ";", " ;; ", "-- x", "/* /* x */ */ ;"}) {
    one_parser().parse(text, {}, facts);
    EXPECT_EQ(facts.error(), ParseError::kNone) << text;
    EXPECT_TRUE(facts.statements().empty()) << text;
  }
}

TEST(SqlParse, StatementsAreCutWithoutCommentsAndBlanks) {
  const std::string_view text = " /* a;b */ SELECT ';' ; ; -- c\n\tSELECT 2 /* d */ ;SELECT\n3  -- e";
  Facts facts;
  one_parser().parse(text, {}, facts);
  std::vector<std::string_view> parts;
  for (const Statement& statement : facts.statements()) {
    parts.push_back(text.substr(statement.offset, statement.length));
  }
  EXPECT_EQ(parts, (std::vector<std::string_view>{"SELECT ';'", "SELECT 2", "SELECT\n3"}));
}

// The server reads with standard_conforming_strings on; whatever ran before must not change that.
TEST(SqlParse, TheLexerIsPinned) {
  EXPECT_EQ(read(R"(SELECT 'a\'; SELECT b FROM t --')"),
            "SELECT | | | | | constant ;; SELECT | t:select | t.b | | | t.b");
  EXPECT_EQ(read(R"(SELECT E'a\'; SELECT b FROM t --')"), "SELECT | | | | | constant");
}

TEST(SqlParse, FactsOutliveTheNextTextAndCanBeCopied) {
  Facts first;
  one_parser().parse("SELECT a FROM s.t; EXECUTE p", {}, first);
  const Facts copy = first.compact();
  Facts moved = std::move(first);
  Facts other;
  one_parser().parse("DELETE FROM elsewhere", {}, other);
  for (const Facts* facts : {&copy, &std::as_const(moved)}) {
    ASSERT_EQ(facts->statements().size(), 2U);
    EXPECT_EQ(fact_text(facts->statements()[0]), "SELECT | s.t:select | s.t.a | | | s.t.a");
    EXPECT_EQ(fact_text(facts->statements()[1]), "EXECUTE | | | | -p");
  }
  EXPECT_LT(copy.heap_bytes(), 1024U);
}

TEST(SqlParse, ThreadsReadEachWithTheirOwn) {
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int& count : wrong) {
    threads.emplace_back([&count] {
      Parser parser = Parser::make().value();
      Facts facts;
      for (int i = 0; i < 2000; ++i) {
        parser.parse(i % 2 == 0 ? "SELECT a FROM t WHERE b = 1" : "SELECT 'open", {}, facts);
        const bool right = i % 2 == 0 ? facts.statements().size() == 1 && facts.statements()[0].columns.size() == 2
                                      : facts.error() == ParseError::kSyntax;
        count += right ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(SqlParse, ValuesMadeOfColumnsAndRowsAreSeen) {
  check_flags({
      {"UPDATE t SET a = 1 WHERE b = 2", "has-where writes"},
      {"UPDATE t SET a = b WHERE b = 2", "has-where writes value-read"},
      {"UPDATE t SET a = (SELECT 1 FROM u WHERE u.x = t.b) WHERE true AND c", "has-where writes value-read"},
      {"DELETE FROM t WHERE a IN (SELECT u.b FROM u)", "has-where writes"},
      {"INSERT INTO t (a) SELECT b FROM u", "writes"},
      {"INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE t.c = 1", "writes"},
      {"INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = t.c", "writes value-read"},
      {"MERGE INTO t USING u ON t.a = u.a WHEN MATCHED AND t.b = 1 THEN DELETE", "writes"},
      {"MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET b = t.c", "writes value-read"},
      {"SELECT t.*, f(t.a) FROM t", "returns-rows"},
      {"SELECT f(t) FROM t", "returns-rows row-value"},
      {"SELECT f(t.*) FROM t", "returns-rows row-value"},
      {"SELECT g FROM generate_series(1, 2) g", "returns-rows"},
  });
}

}  // namespace
}  // namespace gabion::inspect::sql
