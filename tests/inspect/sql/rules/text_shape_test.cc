// Texts of one shape: the same facts, whatever their numbers, and none where something else could differ.
#include "inspect/sql/rules/text_shape.h"

#include <array>
#include <map>
#include <random>

#include "inspect/sql/self_check.h"
#include "tests/inspect/sql/one_parser.h"
#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

using namespace std::string_literals;

std::string shape_of(std::string_view text) {
  TextShape shape;
  return shape.read(text) == TextShape::Kind::kStandsFor ? std::string(shape.bytes()) : "none";
}

TEST(TextShape, IsSharedByTextsThatDifferInNumbersAlone) {
  for (const auto& [one, other] : std::initializer_list<std::pair<const char*, const char*>>{
           {"SELECT a FROM t WHERE id = 10;", "SELECT a FROM t WHERE id = 99;"},
           {"SELECT a FROM t1 WHERE id=10", "SELECT a FROM t1 WHERE id=20"},
           {"SELECT a FROM t WHERE id IN (1, 20)", "SELECT a FROM t WHERE id IN (3, 15)"},
           {"SELECT 7", "SELECT 8"},
           {"SELECT a FROM t LIMIT 0", "SELECT a FROM t LIMIT 0"},
           {"SELECT a FROM t WHERE id BETWEEN 5000 AND 5000 + 999",
            "SELECT a FROM t WHERE id BETWEEN 7000 AND 7000 + 999"},
           {"UPDATE t SET a = a + 10", "UPDATE t SET a = a + 25"},
       }) {
    EXPECT_NE(shape_of(one), "none") << one;
    EXPECT_EQ(shape_of(one), shape_of(other)) << one;
  }
}

TEST(TextShape, IsAnotherWhereNumbersCompareOtherwise) {
  for (const auto& [one, other] : std::initializer_list<std::pair<const char*, const char*>>{
           {"SELECT 7", "SELECT 0"},
           {"SELECT 10", "SELECT 00"},
           {"SELECT a FROM t WHERE 1 = 1", "SELECT a FROM t WHERE 1 = 2"},
           {"SELECT a FROM t WHERE 1 = 2", "SELECT a FROM t WHERE 2 = 1"},
           {"SELECT a FROM t WHERE 1 < 0", "SELECT a FROM t WHERE 1 < 2"},
           {"SELECT a FROM t WHERE id = 10", "SELECT a FROM t WHERE id = 100"},  // rules may ask for the size
           {"SELECT a FROM t1 WHERE id=10", "SELECT a FROM t2 WHERE id=10"},
           {"SELECT a FROM t WHERE id = 5 + 7", "SELECT a FROM t WHERE id = 7 + 5"},
           {"SELECT a FROM t WHERE id = 5 + 7", "SELECT a FROM t WHERE id = 5 , 7"},
           {"SELECT a FROM t WHERE id = 1", "SELECT A FROM t WHERE id = 1"},
       }) {
    EXPECT_NE(shape_of(one), shape_of(other)) << one;
  }
}

/// What a text without values is known by is itself: it may be kept.
TEST(TextShape, ATextWithoutValuesIsToldFromOneWithSome) {
  using Kind = TextShape::Kind;
  for (const auto& [text, kind] : std::initializer_list<std::pair<const char*, Kind>>{
           {"", Kind::kText},
           {"SELECT a FROM t", Kind::kText},
           {"SELECT a FROM t WHERE id = $1;", Kind::kText},
           {"SELECT $1,$22", Kind::kText},
           {"SELECT a1 FROM t2", Kind::kText},
           {"$1", Kind::kText},
           {"SELECT $1, 1", Kind::kNone},  // a shape has no parameters
           {"SELECT a$1", Kind::kNone},
           {"SELECT $$a$$", Kind::kNone},
           {"SELECT $a$b$a$", Kind::kNone},
           {"SELECT $", Kind::kNone},
           {"SELECT $1a", Kind::kNone},
           {"SELECT $1$", Kind::kNone},
           {"SELECT $1.a", Kind::kNone},
           {"SELECT 'x'", Kind::kNone},
           {"SELECT 1.5", Kind::kNone},
           {"SELECT 1", Kind::kStandsFor},
       }) {
    TextShape shape;
    EXPECT_EQ(shape.read(text), kind) << text;
    if (kind == Kind::kText) {
      EXPECT_EQ(shape.bytes(), text);
    }
  }
}

TEST(TextShape, NothingElseHasOne) {
  for (const std::string& text : {"SELECT a FROM t"s,
                                  "SELECT 'x', 1"s,
                                  "SELECT \"x\", 1"s,
                                  "SELECT 1 -- c"s,
                                  "SELECT /*c*/ 1"s,
                                  "SELECT $1, 1"s,
                                  "SELECT 1.5"s,
                                  "SELECT .5, 1"s,
                                  "SELECT t.5"s,
                                  "SELECT 1e5"s,
                                  "SELECT 12abc"s,
                                  "SELECT 1_000"s,
                                  "SELECT -1"s,
                                  "SELECT - 1"s,
                                  "SELECT 1+2"s,
                                  "SELECT 1 +2"s,
                                  "SELECT 1+ 2"s,
                                  "SELECT 1 ++ 2"s,
                                  "SELECT 1 *+ 2"s,
                                  "SELECT 1 +* 2"s,
                                  "+ 1"s,
                                  "SELECT 1::int"s,
                                  "SELECT 1234567890"s,
                                  "SELECT a[1]"s,
                                  "SELECT \xc3\xa4, 1"s,
                                  "SELECT \1"s,
                                  "SELECT 1\0"s,
                                  "SELECT 1,2,3,4,5"s,
                                  "SELECT " + std::string(1024, ' ') + "1",
                                  ""s}) {
    EXPECT_EQ(shape_of(text), "none") << text;
  }
}

std::string facts_of(std::string_view text) {
  static Facts facts;
  one_parser().parse(text, {}, facts);
  std::string told(to_string(facts.error()));
  for (const Statement& statement : facts.statements()) {
    told +=
        "|" + fact_text(statement) + "|" + std::to_string(statement.offset) + "+" + std::to_string(statement.length);
  }
  return told;
}

/// Conditions over few numbers, so that many compare alike and many do not.
class Conditions {
 public:
  [[nodiscard]] std::string make(int depth = 0) {
    const std::string a = operand();
    switch (below(depth == 2 ? 6 : 10)) {
      case 0:
        return a + " IN (" + value() + ", " + value() + ")";
      case 1:
        return a + " BETWEEN " + operand() + " AND " + operand();
      case 2:
        return a + " IS NOT DISTINCT FROM " + value();
      case 3:
        return a;
      case 4:
      case 5:
        return a + " " + std::array{"=", "<>", "<", ">", "<=", ">="}[below(6)] + " " + operand();
      case 6:
        return "NOT (" + make(depth + 1) + ")";
      case 7:
        return "(" + make(depth + 1) + ") AND (" + make(depth + 1) + ")";
      case 8:
        return "CASE " + value() + " WHEN " + value() + " THEN true END";
      default:
        return make(depth + 1) + " OR " + make(depth + 1);
    }
  }
  [[nodiscard]] unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(bits_); }

 private:
  [[nodiscard]] std::string operand() {
    switch (below(8)) {
      case 0:
        return value() + " + " + value();
      case 1:
        return "( + " + value() + ")";
      default:
        return value();
    }
  }
  [[nodiscard]] std::string value() { return below(4) == 0 ? "id" : std::to_string(below(6)); }

  std::mt19937 bits_{20261126};  // NOLINT: the same each time
};

TEST(TextShape, TextsThatShareItHaveTheSameFacts) {
  Conditions conditions;
  TextShape shape;
  std::map<std::string, std::pair<std::string, std::string>> seen;  // shape: facts, text
  int shared = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::string condition = conditions.make();
    const std::string text =
        std::array{"SELECT a FROM t WHERE ", "DELETE FROM t WHERE ", "UPDATE t SET a = 1 WHERE "}[conditions.below(3)] +
        condition + (conditions.below(2) == 0 ? ";" : "");
    if (shape.read(text) != TextShape::Kind::kStandsFor) {
      continue;
    }
    const std::string told = facts_of(text);
    const auto [known, is_new] = seen.emplace(std::string(shape.bytes()), std::pair(told, text));
    shared += is_new || known->second.second == text ? 0 : 1;
    ASSERT_EQ(told, known->second.first) << text << " | " << known->second.second;
  }
  EXPECT_GT(shared, 1'000);
}

TEST(TextShape, IsParsedOnceAndAgainForAnotherTautology) {
  const SqlSubject subject(rules_of("{statements: [SELECT], tables: [\"public.orders\"], injection: Deny}", ""),
                           app_context());
  auto& judge = shared_judge();
  const auto ask = [&](const std::string& text) { return answer(subject, text); };
  const auto before = judge.parses();
  for (int id = 1000; id < 2000; ++id) {
    EXPECT_EQ(ask("SELECT note FROM orders WHERE id = " + std::to_string(id)), "allowed");
    EXPECT_NE(ask("SELECT note FROM orders WHERE id = " + std::to_string(id) + " OR 7 = 7"), "allowed");
    EXPECT_NE(ask("SELECT note FROM secrets WHERE id = " + std::to_string(id)), "allowed");
  }
  EXPECT_LE(judge.parses() - before, 12U);
}

TEST(TextShape, RulesThatAskForTheSizeOfATextGetIt) {
  const SqlSubject subject(rules_of("{statements: [SELECT], limits: {statementBytes: 40}}", ""), app_context());
  const std::string fits = "SELECT note FROM orders WHERE id = 12345";  // 40
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(answer(subject, fits), "allowed");
    EXPECT_NE(answer(subject, fits + "6"), "allowed");
  }
}

TEST(TextShape, WhatIsNoStatementWithValuesIsKeptByItsText) {
  const SqlSubject subject(rules_of("{statements: [SET, SELECT], settings: [work_mem]}", ""), app_context());
  auto& judge = shared_judge();
  const auto before = judge.parses();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(answer(subject, "SET work_mem = 4711"), "allowed");
    EXPECT_EQ(answer(subject, "SET work_mem = 4712"), "allowed");
  }
  EXPECT_EQ(judge.parses() - before, 4U);
}

}  // namespace
}  // namespace gabion::inspect::sql
