// A text that would take long to judge is refused before; statements of everyday size never are.
#include <chrono>
#include <string>

#include "inspect/sql/rules/judging_cost.h"
#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

std::string list(const char* prefix, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += (i == 0 ? "" : ", ") + std::string(prefix) + std::to_string(i);
  }
  return text;
}

/// `columns` columns of which none can be told the table, and `relations` tables they may be of.
std::string undecided(int relations, int columns) {
  return "SELECT 1 FROM " + list("t", relations) + " UNION ALL SELECT 0 FROM a, b WHERE row(" + list("c", columns) +
         ") IS NULL";
}

std::string items(int count) {
  std::string text = "{tables: ['t*', a, b]}";
  for (int i = 1; i < count; ++i) {
    text += ", {statements: [INSERT], tables: [x" + std::to_string(i) + ", y]}";
  }
  return text;
}

TEST(SqlJudgingCost, ManyTablesTimesManyColumnsAreNotJudged) {
  const SqlSubject allow(rules_of(items(8), ""), app_context());
  EXPECT_EQ(answer(allow, undecided(4000, 900)), "too-deep: names");
  EXPECT_EQ(answer(allow, undecided(2, 1001)), "too-deep: names");
  EXPECT_EQ(answer(allow, "SELECT 1 FROM " + list("t", 10'001)), "too-deep: names");
  const SqlSubject deny(rules_of("", "{columns: [people.email, other.ssn]}"), app_context());
  EXPECT_EQ(answer(deny, undecided(4000, 900)), "too-deep: names");
  const SqlSubject none(rules_of("", ""), app_context());
  EXPECT_EQ(answer(none, undecided(4000, 900)), "allowed") << "there is nothing to compare";
}

TEST(SqlJudgingCost, WhatIsJudgedIsJudgedInTime) {
  const SqlSubject subject(rules_of(items(8), "{columns: [people.email]}"), app_context());
  EXPECT_EQ(answer(subject, undecided(100, 300)), "allowed");
  const auto start = std::chrono::steady_clock::now();
  const std::string text = undecided(900, 60);  // near the most: 54,000 pairs
  EXPECT_EQ(answer(subject, text), "allowed");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(SqlJudgingCost, StatementsAreChargedTogether) {
  const SqlSubject subject(rules_of("{tables: ['t*', a, b], stackedStatements: Allow}", ""), app_context());
  std::string texts;
  for (int i = 0; i < 20; ++i) {
    texts += undecided(500, 200 + i) + ";";
  }
  EXPECT_EQ(answer(subject, undecided(500, 200)), "allowed");
  EXPECT_EQ(answer(subject, texts), "too-deep: names");
}

}  // namespace
}  // namespace gabion::inspect::sql
