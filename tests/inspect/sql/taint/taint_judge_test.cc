// What of a statement is structure that a client wrote, and what is a value like any other.
#include "inspect/sql/taint/taint_judge.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/inspect/sql/taint/sentence.h"

namespace gabion::inspect::sql::taint {
namespace {

using namespace std::chrono_literals;

constexpr auto kNow = CandidateStore::Clock::time_point(1h);
constexpr std::string_view kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::string_view kOtherTrace = "00-1bf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Judges `statement` while one request with these values is open.
Judgement judge(std::string_view statement, std::string_view value) {
  static TaintJudge judge;
  CandidateStore store{config::SqlTaintConfig()};
  CandidateStore::Request request;
  const Candidate candidate{value, "query:q"};
  store.add(request, nullptr, {&candidate, 1}, kNow);
  const Judgement found = judge.check(store, statement, kNow);
  store.close(request, kNow);
  return found;
}

struct Row {
  std::string_view statement;
  std::string_view value;
  std::uint32_t tokens;  ///< 0: clean
};

TEST(TaintJudgeTest, FindsWhatEndsALiteralOrAddsToTheStatement) {
  constexpr Row kRows[] = {
      {"SELECT * FROM users WHERE name = '{}'", "' OR '1'='1", 5},  // '' OR '1' = '1' … the last literal is both's
      {"SELECT * FROM users WHERE name = '{}'", "' OR 1=1 --", 6},
      {"SELECT * FROM users WHERE name = '{}'", "x' UNION SELECT password FROM users --", 7},
      {"SELECT * FROM users WHERE id = {}", "1 OR 1=1", 5},
      {"SELECT * FROM users WHERE id = {}", "1;DROP TABLE users", 5},
      {"SELECT * FROM users WHERE id = {}", "1 UNION SELECT 1,2,3", 8},
      {"SELECT * FROM users WHERE id = {} AND live", "1 -- x", 2},
      {"SELECT * FROM users WHERE id = {} AND live", "1/*  */", 2},
      {"SELECT * FROM users WHERE id = {}", "(SELECT 1)", 4},
      {"SELECT * FROM users WHERE id = {}", "pg_sleep(5)", 4},
      {"SELECT * FROM users WHERE id = {}", "1-pg_sleep(5)", 6},
      {"SELECT * FROM users WHERE id = {}", "1::text", 3},
      {"SELECT * FROM users WHERE id = {}", "5*(2)", 5},
      {"SELECT * FROM users ORDER BY {}", "(CASE WHEN 1=1 THEN id ELSE name END)", 12},
      {"SELECT * FROM users ORDER BY {}", "id, (SELECT 1)", 6},
      {"SELECT * FROM users ORDER BY {}", "id;SELECT 1", 4},
      {"SELECT * FROM users ORDER BY {}", "id LIMIT 1", 3},
      {"SELECT * FROM users ORDER BY {}", "id DESC--", 3},
      {"SELECT * FROM users ORDER BY id {}", "--x", 0},  // shorter than is looked for
      {"SELECT * FROM users ORDER BY id {}", "-- gone", 1},
      {"SELECT {} FROM users", "id,password", 3},
      {"SELECT * FROM {}", "public.users", 3},
      {"INSERT INTO log VALUES ('{}', 'x')", "a', version()) --", 7},
      {"SELECT * FROM users WHERE name LIKE '%{}%'", "%' OR name LIKE '%a", 5},
      {"SELECT * FROM users WHERE name = $${}$$", "$$ OR 1=1 --", 6},
      {"SELECT * FROM users WHERE name = E'{}'", "\\' OR 1=1 --", 0},  // \' stays inside of E''
      {"SELECT * FROM users WHERE \"{}\" = 1", "id\" = 1 OR \"id", 5},
      {"SELECT * FROM users WHERE id = {} AND live", "1\" and 1=1 and \"a\"=\"a", 5},
      {"SELECT /* {} */ 1", "*/ pg_sleep(9) /*", 6},
  };
  for (const Row& row : kRows) {
    const std::string statement = fill(row.statement, row.value);
    const Judgement found = judge(statement, row.value);
    EXPECT_EQ(found.is_tainted(), row.tokens != 0) << statement;
    EXPECT_EQ(found.tokens, row.tokens) << statement;
    if (found.is_tainted()) {
      EXPECT_EQ(found.source, "query:q");
      EXPECT_EQ(found.offset, row.statement.find("{}")) << statement;
    }
  }
}

TEST(TaintJudgeTest, LeavesValuesAlone) {
  constexpr Row kRows[] = {
      {"SELECT * FROM users WHERE name = {}", "O'Brien & Sons", 0},
      {"SELECT * FROM users WHERE name = {}", "' OR 1=1 --", 0},
      {"SELECT * FROM users WHERE name = {}", "select * from users; drop table users", 0},
      {"SELECT * FROM users WHERE name = {}", "'''''''", 0},
      {"SELECT * FROM users WHERE name = {}", "a@example.com", 0},
      {"SELECT * FROM users WHERE name = {} OR name = {}", "$$ -- /* */", 0},
  };
  for (const Row& row : kRows) {
    for (const std::string& literal : {plain_literal(row.value), escape_literal(row.value)}) {
      EXPECT_FALSE(judge(fill(row.statement, literal), row.value).is_tainted()) << literal;
    }
    EXPECT_FALSE(judge("SELECT * FROM users WHERE name = $1", row.value).is_tainted());
  }
}

TEST(TaintJudgeTest, LeavesListsOfNumbersAndSortOrdersAlone) {
  constexpr Row kRows[] = {
      {"SELECT * FROM users WHERE id = {}", "-12345", 0},
      {"SELECT * FROM users WHERE id = {}", "-12.5e3", 0},
      {"SELECT * FROM users WHERE id IN ({})", "1,2,3,-4", 0},
      {"SELECT * FROM users WHERE id IN ({})", "1, 2, 3", 0},
      {"SELECT * FROM users ORDER BY {}", "name, id", 0},
      {"SELECT * FROM users ORDER BY {} LIMIT 10", "name DESC, u.id ASC", 0},
      {"SELECT * FROM users ORDER BY id, {}", "name desc nulls last", 0},
      {"SELECT count(*) FROM users GROUP BY {}", "name, id", 0},
      {"SELECT * FROM users ORDER BY {}", "first name", 0},
      {"SELECT * FROM users ORDER BY {} LIMIT 20", "1\" and sleep(5) and \"x", 3},  // a quoted name is no sort order
      {"SELECT * FROM users WHERE id = -{}", "-12345", 1},                          // --12345 is a comment
      {"SELECT * FROM users WHERE id = 7 -{} AND live", "- 12345", 1},
      {"SELECT * FROM users WHERE id IN ({})", "1,2,3)--", 7},
      {"SELECT * FROM users WHERE id = {}", "1-2-3", 5},
      {"SELECT * FROM users WHERE name = lower({})", "name, id", 3},
      {"SELECT name, id FROM users ORDER BY id", "name, id",
       3},  // the client did not write it: the price of no learning
  };
  for (const Row& row : kRows) {
    const std::string statement = fill(row.statement, row.value);
    EXPECT_EQ(judge(statement, row.value).tokens, row.tokens) << statement;
  }
}

TEST(TaintJudgeTest, IgnoresTheCaseOfLetters) {
  EXPECT_TRUE(judge("SELECT 1 WHERE x = '' or 1=1 --'", "' OR 1=1 --").is_tainted());
  EXPECT_TRUE(judge("SELECT 1 WHERE x = '' OR 1=1 --'", "' or 1=1 --").is_tainted());
}

TEST(TaintJudgeTest, WhatCannotBeCutIntoTokensIsTainted) {
  EXPECT_EQ(judge("SELECT * FROM users WHERE name = 'a'b'", "a'b c' ").taint, Taint::kClean);
  EXPECT_EQ(judge("SELECT * FROM users WHERE name = 'it's me'", "it's me").taint, Taint::kUnreadable);
  EXPECT_EQ(judge("SELECT 1 /* it's me", "it's me").taint, Taint::kUnreadable);
}

TEST(TaintJudgeTest, FindsEveryPlaceOfAValue) {
  constexpr std::string_view kValue = "1 or 1=1";
  std::string statement = "SELECT 1 WHERE x IN (";
  for (int i = 0; i < 5000; ++i) {
    statement += "'1 or 1=1',";
  }
  EXPECT_FALSE(judge(statement + "'')", kValue).is_tainted());
  EXPECT_TRUE(judge(statement + "'') OR id = 1 or 1=1", kValue).is_tainted());
}

TEST(TaintJudgeTest, GivesUpWhereValuesAndStatementRepeatEachOther) {
  TaintJudge judge;
  CandidateStore store{config::SqlTaintConfig()};
  CandidateStore::Request request;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < 64; ++i) {
    values.push_back(std::string(900 + i, ' ') + "\t'" + std::to_string(i));
  }
  for (const std::string& value : values) {
    const Candidate candidate{value, "body"};
    store.add(request, nullptr, {&candidate, 1}, kNow);
  }
  const std::string statement = "SELECT '" + std::string(200'000, ' ') + "'";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(judge.check(store, statement, kNow).taint, Taint::kTooLong);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  EXPECT_FALSE(judge.check(store, "SELECT ' '", kNow).is_tainted());
  store.close(request, kNow);
}

/// Values that a stranger sends: as many as the store holds, all of them like the statement of somebody else.
void expect_clean_beside(const std::vector<std::string>& values, const std::string& statement) {
  TaintJudge judge;
  CandidateStore store{config::SqlTaintConfig()};
  CandidateStore::Request request;
  for (const std::string& value : values) {
    const Candidate candidate{value, "query:q"};
    store.add(request, nullptr, {&candidate, 1}, kNow);
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(judge.check(store, statement, kNow).taint, Taint::kClean) << statement.substr(0, 80);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  store.close(request, kNow);
}

TEST(TaintJudgeTest, ManyValuesThatBeginLikeANeighboursStatementDoNotDenyIt) {
  const std::string statement = "SELECT id, name FROM people WHERE id = 4711 AND name = 'x'";
  std::vector<std::string> many;
  for (int i = 0; i < 40'000; ++i) {
    many.push_back("SELECT " + std::to_string(i) + "';");
  }
  expect_clean_beside(many, statement);

  std::string bulk = "INSERT INTO orders (state, at) VALUES ";
  for (int i = 0; i < 2000; ++i) {
    bulk += "('pending', now() - " + std::to_string(i) + "), ";
  }
  std::vector<std::string> nested;
  for (std::size_t i = 5; i < 4000 && i < bulk.size(); ++i) {
    nested.push_back(bulk.substr(0, i) + "\t;");
  }
  expect_clean_beside(nested, bulk + "('', now())");
  for (int i = 0; i < 30'000; ++i) {
    nested.push_back("('pending', now() - " + std::to_string(i) + "\t;");
  }
  expect_clean_beside(nested, bulk + "('', now())");
}

/// Two requests with a trace each; the statement tells one of them.
class TraceTest : public ::testing::Test {
 protected:
  TraceTest() {
    add(mine_, kTrace, "mine, here");
    add(other_, kOtherTrace, "id = 1 OR");
  }

  void add(CandidateStore::Request& request, std::string_view traceparent, std::string_view value) {
    const auto trace = read_traceparent(traceparent);
    const Candidate candidate{value, "query:q"};
    store_.add(request, &*trace, {&candidate, 1}, kNow);
  }

  bool is_tainted(const std::string& statement) { return judge_.check(store_, statement, kNow).is_tainted(); }

  CandidateStore store_{config::SqlTaintConfig()};
  CandidateStore::Request mine_;
  CandidateStore::Request other_;
  TaintJudge judge_;
};

TEST_F(TraceTest, NarrowsToTheRequestsOfTheStatement) {
  const std::string statement = "SELECT * FROM a WHERE id = 1 OR live";
  EXPECT_TRUE(is_tainted(statement));
  EXPECT_FALSE(is_tainted(statement + " /*traceparent='" + std::string(kTrace) + "'*/"));
  EXPECT_TRUE(is_tainted(statement + " /*traceparent='" + std::string(kOtherTrace) + "'*/"));
}

TEST_F(TraceTest, BelievesNoTraceThatIsUnknownOrNoComment) {
  const std::string statement = "SELECT * FROM a WHERE id = 1 OR live";
  EXPECT_TRUE(is_tainted(statement + " /*traceparent='00-2bf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/"));
  EXPECT_TRUE(is_tainted(statement + " OR x = 'traceparent=''" + std::string(kTrace) + "''"));
  EXPECT_TRUE(is_tainted(statement + " OR x = $$traceparent='" + std::string(kTrace) + "'$$"));
}

TEST_F(TraceTest, BelievesNoTraceThatAClientWrote) {
  const std::string forged = "/*traceparent='" + std::string(kTrace) + "'*/";
  add(other_, kOtherTrace, forged);
  EXPECT_TRUE(is_tainted("SELECT * FROM a WHERE id = 1 OR live " + forged));
}

}  // namespace
}  // namespace gabion::inspect::sql::taint
