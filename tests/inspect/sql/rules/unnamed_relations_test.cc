// Statements on relations they do not name: what allows any relation allows them, and every Deny may mean them.
#include "inspect/sql/rules/evaluate.h"
#include "inspect/sql/rules/obligations.h"
#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

Statement drop_schema() {
  Statement statement;
  statement.kind = "DROP SCHEMA";
  statement.group = Group::kDdl;
  statement.flags = {Flag::kUnnamedRelations, Flag::kWrites};
  return statement;
}

bool allowed(const char* items) {
  const SqlSubject subject(rules_of(items, ""), app_context());
  const Statement statement = drop_schema();
  const CatalogNames catalog;
  return Obligations(statement, subject, catalog).covered_unnamed(subject.enforced().allows);
}

bool denied(const char* item) {
  const SqlSubject subject(rules_of("", item), app_context());
  const Statement statement = drop_schema();
  const CatalogNames catalog;
  return Obligations(statement, subject, catalog).meets(*subject.enforced().denies.front().item);
}

TEST(SqlUnnamedRelations, TakeAnItemWithoutTablesAndColumns) {
  EXPECT_TRUE(allowed("{statements: [DDL]}"));
  EXPECT_TRUE(allowed("{users: [app]}"));
  EXPECT_TRUE(allowed("{statements: [DDL], tables: [a]}, {statements: [DDL]}"));
  EXPECT_FALSE(allowed("{statements: [DDL], tables: [a]}"));
  EXPECT_FALSE(allowed("{statements: [DDL], tables: ['*.*']}"));
  EXPECT_FALSE(allowed("{statements: [DDL], columns: ['*']}"));
  EXPECT_FALSE(allowed("{statements: [DDL], tables: [a]}, {statements: [SELECT]}"));
}

TEST(SqlUnnamedRelations, MeetEveryDenyOfTheirKind) {
  EXPECT_TRUE(denied("{tables: [secret]}"));
  EXPECT_TRUE(denied("{columns: [people.email]}"));
  EXPECT_TRUE(denied("{statements: [DDL], tables: [secret]}"));
  EXPECT_FALSE(denied("{statements: [DELETE], tables: [secret]}"));
  EXPECT_FALSE(denied("{tables: [secret], functions: [lower]}"));
}

TEST(SqlUnnamedRelations, OthersAreJudgedByWhatTheyName) {
  Statement statement = drop_schema();
  statement.flags = {Flag::kWrites};
  const CatalogNames catalog;
  const SqlSubject subject(rules_of("{statements: [DDL], tables: [a]}", "{tables: [secret]}"), app_context());
  const Obligations needs(statement, subject, catalog);
  EXPECT_TRUE(needs.covered_unnamed(subject.enforced().allows));
  EXPECT_FALSE(needs.meets(*subject.enforced().denies.front().item));
}

TEST(SqlUnnamedRelations, AsTheyAreWritten) {
  for (const auto* text :
       {"DROP SCHEMA shop CASCADE", "DROP OWNED BY app", "GRANT ALL ON ALL TABLES IN SCHEMA public TO a", "VACUUM",
        "REASSIGN OWNED BY a TO b", "CREATE PUBLICATION p FOR ALL TABLES"}) {
    const SqlSubject narrow(rules_of("{statements: [DDL, DCL, OTHER], tables: ['*.*']}", ""), app_context());
    EXPECT_EQ(answer(narrow, text), "table: *") << text;
    const SqlSubject wide(rules_of("{statements: [DDL, DCL, OTHER]}", ""), app_context());
    EXPECT_EQ(answer(wide, text), "allowed") << text;
    const SqlSubject deny(rules_of("", "{tables: [secret]}"), app_context());
    EXPECT_EQ(answer(deny, text), "deny-rule: shop/db/deny") << text;
  }
}

}  // namespace
}  // namespace gabion::inspect::sql
