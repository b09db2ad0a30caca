// A name without a schema: where the server may find it, an Allow must cover it.
#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

TEST(SqlNames, AFunctionOfARowMayBeAnyOfThatName) {
  constexpr const char* kPlain = "{statements: [SELECT], tables: [people]}";
  constexpr const char* kOwn = "{statements: [SELECT], tables: [people], functions: [pg_catalog.lower]}";
  expect_rows({
      {kPlain, "", "SELECT lower(people) FROM people", "function: public.lower"},
      {kPlain, "", "SELECT lower(p) FROM people p", "function: public.lower"},
      {kPlain, "", "SELECT lower(p.*) FROM people p", "function: public.lower"},
      {kPlain, "", "SELECT lower(ROW(p.*)) FROM people p", "function: public.lower"},
      {kPlain, "", "SELECT row_to_json(s) FROM (SELECT id FROM people) s", "function: public.row_to_json"},
      {kPlain, "", "SELECT lower(x) FROM (SELECT p AS x FROM people p) s", "function: public.lower"},
      {kPlain, "", "SELECT id FROM people p WHERE EXISTS (SELECT lower(p))", "function: public.lower"},
      {kPlain, "", "SELECT pg_catalog.lower(p) FROM people p", "allowed"},
      {"{tables: [people], functions: [generate_series, pg_catalog.lower]}", "",
       "SELECT lower(s) FROM generate_series(1, 2) s", "allowed"},
      {kPlain, "", "SELECT p, current_user FROM people p", "allowed"},
      {kPlain, "", "SELECT *, lower(name) FROM people", "allowed"},
      {kPlain, "", "SELECT p.*, count(*) FROM people p", "allowed"},
      {kPlain, "", "SELECT lower(p.name) FROM people p", "allowed"},
      {kOwn, "", "SELECT lower(p) FROM people p", "function: public.lower"},
      {"{tables: [people], functions: [lower]}", "", "SELECT lower(p) FROM people p", "allowed"},
      {"{tables: [people], functions: [pg_catalog.lower, public.lower]}", "", "SELECT lower(p) FROM people p",
       "allowed"},
      {"{tables: [people]}, {tables: [b], functions: [public.lower]}", "", "SELECT lower(p) FROM people p", "allowed"},
      {"{tables: [people], functions: ['*']}", "", "SELECT lower(p) FROM people p", "allowed"},
  });
}

TEST(SqlNames, WhatOnlyBeginsLikeTheCataloguesMayBeOfTheSearchPath) {
  expect_rows({
      {"{functions: ['pg_catalog.*']}", "", "SELECT pg_backend_pid()", "allowed"},
      {"{functions: ['pg_catalog.*']}", "", "SELECT pg_mine()", "function: public.pg_mine"},
      {"{functions: ['public.*']}", "", "SELECT pg_mine()", "function: pg_catalog.pg_mine"},
      {"{functions: [pg_mine]}", "", "SELECT pg_mine()", "allowed"},
      {"{tables: ['pg_catalog.*']}", "", "SELECT 1 FROM pg_class", "allowed"},
      {"{tables: ['pg_catalog.*']}", "", "SELECT 1 FROM pg_mine", "table: pg_catalog.pg_mine"},
      {"{tables: ['pg_catalog.*', public.pg_mine]}", "", "SELECT 1 FROM pg_mine", "allowed"},
      {"", "{tables: [public.pg_mine]}", "SELECT 1 FROM pg_mine", "deny-rule: shop/db/deny"},
  });
}

TEST(SqlNames, WithoutASearchPathARowsFunctionIsOfNobodyKnown) {
  auto context = app_context();
  context.search_path = {};
  const SqlSubject subject(rules_of("{tables: [public.people]}", ""), context);
  EXPECT_EQ(answer(subject, "SELECT lower(p.name) FROM public.people p"), "allowed");
  EXPECT_EQ(answer(subject, "SELECT lower(p) FROM public.people p").substr(0, 9), "function:");
}

}  // namespace
}  // namespace gabion::inspect::sql
