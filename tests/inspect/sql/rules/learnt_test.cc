// Learnt statements pass and no others; the list narrows what is allowed and never widens it.
#include <gtest/gtest.h>

#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

constexpr const char* kLearn = "{tables: [public.people], fingerprints: {mode: Learn}}";

/// What a rule in mode Learn tells of a statement: its fingerprint, or empty.
std::string told(std::string_view text, const std::string& allow = kLearn) {
  const SqlSubject subject(rules_of(allow, ""), app_context());
  const auto verdict = shared_judge().judge(text, subject);
  EXPECT_TRUE(verdict.allow) << text;
  return std::string(verdict.unlearnt);
}

std::string enforcing(const std::string& fingerprint) {
  return "{tables: [public.people], fingerprints: {mode: Enforce, learnt: [" + fingerprint + "]}}";
}

TEST(SqlLearnt, OnlyWhatWasLearntPasses) {
  const std::string learnt = told("SELECT id FROM people WHERE id = 1");
  ASSERT_EQ(learnt.size(), 33U);
  const SqlSubject subject(rules_of(enforcing(learnt), ""), app_context());
  EXPECT_EQ(answer(subject, "SELECT id FROM people WHERE id = 2"), "allowed");
  EXPECT_EQ(answer(subject, "select  id from people /* x */ where id=3"), "allowed");
  for (const char* text : {"SELECT id FROM people WHERE id = 1 OR true", "SELECT id, name FROM people WHERE id = 1",
                           "SELECT id FROM people", "SELECT id FROM people WHERE id = 1 UNION SELECT id FROM people",
                           "SELECT id FROM people WHERE name = 1"}) {
    EXPECT_EQ(answer(subject, text), "fingerprint: " + told(text)) << text;
  }
  // Equal trees to the library: names with digits. The facts tell them apart.
  const std::string one = told("SELECT id FROM logs_10", "{fingerprints: {mode: Learn}, tables: ['public.logs_*']}");
  const SqlSubject logs(
      rules_of("{tables: ['public.logs_*'], fingerprints: {mode: Enforce, learnt: [" + one + "]}}", ""), app_context());
  EXPECT_EQ(answer(logs, "SELECT id FROM logs_10"), "allowed");
  EXPECT_TRUE(answer(logs, "SELECT id FROM logs_99").starts_with("fingerprint: "));
}

TEST(SqlLearnt, WhatHasNoFingerprintThatSaysEnoughIsRefusedWhereItRunsAQuery) {
  const SqlSubject subject(
      rules_of("{statements: [SELECT, SET, EXECUTE, FETCH, DECLARE, PREPARE, TCL], fingerprints: {mode: "
               "Enforce, learnt: [0000000000000000-0000000000000000]}, functions: ['*']}",
               ""),
      app_context());
  EXPECT_EQ(answer(subject, "PREPARE p AS SELECT id FROM people"), "fingerprint: PREPARE");
  EXPECT_EQ(answer(subject, "DECLARE c CURSOR FOR SELECT id FROM people"), "fingerprint: DECLARE");
  EXPECT_EQ(answer(subject, "SELECT set_config('statement_timeout', '1', false), id FROM people"),
            "fingerprint: SELECT");
  EXPECT_EQ(answer(subject, "EXECUTE p((SELECT id FROM people))"), "fingerprint: EXECUTE");
  EXPECT_EQ(answer(subject, "EXECUTE p(1)"), "allowed");
  EXPECT_EQ(answer(subject, "FETCH 10 FROM c"), "allowed");
  EXPECT_EQ(answer(subject, "SET statement_timeout = 5"), "allowed");
}

TEST(SqlLearnt, ItNarrowsAndNeverWidens) {
  const std::string learnt = told("SELECT id FROM people WHERE id = 1");
  const SqlSubject subject(rules_of("{tables: [public.orders]}, {tables: [public.people], statements: [UPDATE], "
                                    "fingerprints: {mode: Enforce, learnt: [" +
                                        learnt + "]}}",
                                    ""),
                           app_context());
  EXPECT_EQ(answer(subject, "SELECT id FROM people WHERE id = 1"), "table: public.people");
  EXPECT_EQ(answer(subject, "SELECT id FROM orders"), "allowed");  // the item does not concern it
}

TEST(SqlLearnt, WhatAnEnforcingItemAllowsItAllowsToNobodyElsesStatement) {
  const SqlSubject subject(
      rules_of("{tables: [public.orders], functions: [pg_catalog.query_to_xml, pg_catalog.lower], fingerprints: {mode: "
               "Enforce, learnt: [0000000000000000-0000000000000000]}}, {tables: [public.stock]}",
               ""),
      app_context());
  constexpr const char* kHidden = "fingerprint: SELECT";
  EXPECT_EQ(answer(subject, "SELECT query_to_xml('SELECT word FROM secret', true, false, '') FROM stock"), kHidden);
  EXPECT_EQ(answer(subject, "SELECT upper(query_to_xml('SELECT word FROM secret', true, false, '')::text)"), kHidden);
  EXPECT_EQ(answer(subject, "SELECT id FROM stock"), "allowed");
  EXPECT_TRUE(answer(subject, "SELECT id FROM stock UNION SELECT id FROM orders").starts_with("fingerprint: "));
}

TEST(SqlLearnt, WhatTheHashDoesNotReachIsNotLearnt) {
  const auto chain = [](int arms) {
    std::string text = "SELECT id FROM people WHERE id <> 1";
    for (int i = 0; i < arms; ++i) {
      text += " UNION ALL SELECT id FROM people";
    }
    return text;
  };
  EXPECT_EQ(told(chain(5)).size(), 33U);
  EXPECT_EQ(told(chain(110)), "SELECT");
  EXPECT_EQ(told("SELECT id FROM people WHERE note = '" + std::string(20'000, 'x') + "'"), "SELECT");
  for (const char* text : {"SELECT query_to_xml('SELECT 1', true, false, '')", "SELECT pg_read_file('x')"}) {
    EXPECT_EQ(told(text, "{functions: ['*'], fingerprints: {mode: Learn}}"), "SELECT") << text;
  }
  const SqlSubject ddl(rules_of("{statements: [DDL, DCL, OTHER], fingerprints: {mode: Enforce, learnt: "
                                "[0000000000000000-0000000000000000]}}",
                                ""),
                       app_context());
  EXPECT_EQ(answer(ddl, "ALTER ROLE app SET statement_timeout = 0"), "fingerprint: ALTER ROLE");
}

TEST(SqlLearnt, ListsOfTwoItemsAddUpAndTheStricterModeCounts) {
  const std::string first = told("SELECT id FROM people WHERE id = 1");
  const SqlSubject subject(rules_of(enforcing(first) + ", " + kLearn, ""), app_context());
  EXPECT_EQ(answer(subject, "SELECT id FROM people WHERE id = 9"), "allowed");
  EXPECT_TRUE(answer(subject, "SELECT id FROM people").starts_with("fingerprint: "));
}

TEST(SqlLearnt, AVerdictFromTheCacheTellsTheSame) {
  const SqlSubject subject(rules_of(kLearn, ""), app_context());
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(shared_judge().judge("SELECT id FROM people LIMIT 3", subject).unlearnt.size(), 33U) << i;
  }
}

TEST(SqlLearnt, AFingerprintIsWrittenAndReadAlike) {
  const Fingerprint made{0x1, 0xfedcba9876543210};
  EXPECT_EQ(to_string(made), "0000000000000001-fedcba9876543210");
  EXPECT_EQ(read_fingerprint(to_string(made)), made);
  for (const char* text : {"", "1-2", "0000000000000001_fedcba9876543210", "000000000000000g-fedcba9876543210",
                           "0000000000000001-fedcba98765432101"}) {
    EXPECT_FALSE(read_fingerprint(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace gabion::inspect::sql
