// A write may compare columns of its target without SELECT, never make a value of them.
#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

TEST(SqlAllow, AValueMadeOfAColumnIsRead) {
  constexpr const char* kSome =
      "{statements: [INSERT, UPDATE, DELETE], tables: [people, b]}, {statements: [SELECT], tables: [people], columns: "
      "[id, note]}";
  constexpr const char* kMerge =
      "{statements: [MERGE, UPDATE, INSERT, DELETE], tables: [people]}, {statements: [SELECT], tables: [b]}";
  expect_rows({
      {kSome, "", "UPDATE people SET note = 'x' WHERE ssn = '1'", "allowed"},
      {kSome, "", "UPDATE people SET note = ssn", "column: public.people.ssn"},
      {kSome, "", "UPDATE people SET note = people.ssn WHERE id = 1", "column: public.people.ssn"},
      {kSome, "", "UPDATE people SET (note, id) = (ssn, 1)", "column: public.people.ssn"},
      {kSome, "", "UPDATE people SET (note, id) = (SELECT people.ssn, 1)", "column: public.people.ssn"},
      {kSome, "", "UPDATE people SET note = CASE WHEN ssn LIKE '1%' THEN 'y' END", "column: public.people.ssn"},
      {kSome, "", "UPDATE people SET note = id WHERE id = 1", "allowed"},
      {kSome, "", "UPDATE people SET note = p.ssn FROM people p WHERE p.id = people.id", "column: public.people.ssn"},
      {kSome, "", "UPDATE people SET note = 'x' FROM people p WHERE p.ssn = people.note", "column: public.people.ssn"},
      {kSome, "", "INSERT INTO people (note) SELECT ssn FROM people", "column: public.people.ssn"},
      {kSome, "", "INSERT INTO people (note) SELECT p.ssn FROM public.people p", "column: public.people.ssn"},
      {kSome, "", "INSERT INTO people (note) SELECT note FROM people", "allowed"},
      {kSome, "", "INSERT INTO people (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET note = people.ssn",
       "column: public.people.ssn"},
      {kSome, "", "WITH d AS (DELETE FROM people WHERE id = 1 RETURNING ssn) INSERT INTO b (x) SELECT ssn FROM d",
       "column: public.people.ssn"},
      {kMerge, "", "MERGE INTO people p USING b ON p.id = b.id WHEN MATCHED AND p.ssn = '1' THEN DELETE", "allowed"},
      {kMerge, "", "MERGE INTO people p USING b ON p.id = b.id WHEN MATCHED THEN UPDATE SET note = p.ssn",
       "column: public.people.id"},
  });
}

}  // namespace
}  // namespace gabion::inspect::sql
