// Every statement that psql, pg_dump and drivers were seen to send on their own passes with their preset.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

/// As a server of version 15 logged them; one from the next by a line of four dashes.
std::vector<std::string> statements_of(const std::string& name) {
  std::ifstream stream(std::string(GABION_SOURCE_DIR) + "/tests/inspect/sql/rules/catalogue_queries/" + name + ".sql",
                       std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  constexpr std::string_view kBetween = "\n----\n";
  std::vector<std::string> result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find(kBetween, at);
    result.push_back(text.substr(at, end == std::string::npos ? end : end - at));
    at = end == std::string::npos ? text.size() : end + kBetween.size();
  }
  return result;
}

class Presets : public testing::TestWithParam<const char*> {};

TEST_P(Presets, AllowWhatTheirDriverAsks) {
  const SqlSubject subject(rules_of("{presets: [" + std::string(GetParam()) + "]}", ""), app_context());
  const auto statements = statements_of(GetParam());
  EXPECT_GE(statements.size(), 4U);
  for (const auto& text : statements) {
    EXPECT_EQ(answer(subject, text), "allowed") << text;
  }
}

TEST_P(Presets, AllowNothingElse) {
  const SqlSubject subject(rules_of("{presets: [" + std::string(GetParam()) + "]}", ""), app_context());
  for (const auto* text : {"SELECT 1 FROM orders", "SELECT passwd FROM pg_shadow", "SELECT rolpassword FROM pg_authid",
                           "SELECT most_common_vals FROM pg_stats", "SELECT query FROM pg_stat_activity",
                           "SELECT pg_read_file('a')", "SELECT pg_sleep(1)", "INSERT INTO orders VALUES (1)",
                           "SELECT query_to_xml('a', true, true, '')", "SELECT set_config('search_path', 'a', false)",
                           "SELECT lo_get(1)", "DROP TABLE orders", "LISTEN a", "DO 'a'"}) {
    EXPECT_FALSE(shared_judge().judge(text, subject).allow) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Presets, testing::Values("psql", "jdbc", "asyncpg", "sqlalchemy", "pg_dump"));

TEST(PresetItems, AddToWhatOtherItemsAllow) {
  const SqlSubject subject(rules_of("{statements: [SELECT], tables: [orders]}, {presets: [psql]}", ""), app_context());
  EXPECT_EQ(answer(subject, "SELECT o.id, c.relname FROM orders o, pg_catalog.pg_class c"), "allowed");
  EXPECT_EQ(answer(subject, "SELECT id FROM lines"), "table: public.lines");
  EXPECT_EQ(answer(subject, "SELECT 1; SELECT 2"), "stacked: 2 statements");
}

}  // namespace
}  // namespace gabion::inspect::sql
