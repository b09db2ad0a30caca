// Plans by what a real server said of the columns of such statements (sql.md 2.6), and by what the text says.
#include "proxy/protocol/postgres/rows/row_planner.h"

#include <gtest/gtest.h>

#include "tests/proxy/protocol/postgres/rows/rows.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;
using inspect::sql::Access;
using inspect::sql::Column;
using inspect::sql::Lineage;
using inspect::sql::Output;
using inspect::sql::Relation;
using inspect::sql::Statement;

constexpr std::uint32_t kPeople = 16384;
constexpr std::uint32_t kOrders = 16390;
constexpr std::uint32_t kLater = 17000;

MaskCatalogue catalogue() {
  MaskCatalogue made({{"public", "people", "email"}});
  const std::string_view rows[][4] = {{"masked", "16384", "2", ""},
                                      {"view", "16400", "0", "everybody"},
                                      {"clear", "16384", "0", ""},
                                      {"clear", "16390", "0", ""}};
  for (const auto& row : rows) {
    EXPECT_TRUE(made.add(row));
  }
  return made;
}

/// name, table, number.
struct Told {
  std::string name;
  std::uint32_t table;
  std::uint16_t number;
  std::uint32_t type = 25;
};

RowDescription describe(const std::vector<Told>& columns) {
  std::string body;
  put_number(body, columns.size(), 2);
  for (const Told& column : columns) {
    body += column.name + '\0';
    put_number(body, column.table, 4);
    put_number(body, column.number, 2);
    put_number(body, column.type, 4);
    put_number(body, 0, 6);
    put_number(body, 0, 2);
  }
  RowDescription description;
  EXPECT_TRUE(description.read(body));
  return description;
}

const Relation kReadsPeople[] = {{"public", "people", Access::kSelect}};
const Relation kReadsOrders[] = {{"", "orders", Access::kSelect}};
const Relation kReadsView[] = {{"", "everybody", Access::kSelect}};
const Column kEmail[] = {{"", "people", "email", Access::kSelect}};
const Column kName[] = {{"", "people", "name", Access::kSelect}};
const Column kUndecided[] = {{"", "", "email", Access::kSelect}};
const Column kStar[] = {{"", "people", "*", Access::kSelect}};
const Output kFromEmail[] = {{Lineage::kColumn, "", "people", "email"}};
const Output kFromAnything[] = {{Lineage::kUnknown, "", "", ""}};
const Output kConstant[] = {{Lineage::kConstant, "", "", ""}};
const Output kConstantThenStar[] = {{Lineage::kConstant, "", "", ""}, {Lineage::kStar, "", "people", ""}};

struct Case {
  std::string name;
  std::span<const Relation> relations;
  std::span<const Column> columns;
  std::span<const Output> outputs;
  std::vector<Told> told;
  std::string fates;  ///< K, R, S of each column; "-": denied
};

std::string fates_of(const std::optional<RowPlan>& plan) {
  std::string fates;
  if (!plan) {
    return "-";
  }
  for (const PlannedColumn& column : plan->columns) {
    fates += "KRS"[static_cast<std::size_t>(column.fate)];
  }
  return fates;
}

TEST(RowPlanner, WithholdsByNumberAndByText) {
  const MaskCatalogue masks = catalogue();
  const Case cases[] = {
      {"a column", kReadsPeople, kEmail, kFromEmail, {{"email", kPeople, 2}}, "R"},
      {"under another name", kReadsPeople, kEmail, kFromAnything, {{"x", kPeople, 2}}, "R"},
      {"the text knows, the server does not say", kReadsPeople, kEmail, kFromEmail, {{"email", 0, 0}}, "R"},
      {"another column", kReadsPeople, kName, {}, {{"name", kPeople, 3}}, "K"},
      {"a star", kReadsPeople, kStar, {}, {{"id", kPeople, 1}, {"email", kPeople, 2}, {"name", kPeople, 3}}, "KRK"},
      {"a constant before a star", kReadsPeople, kStar, kConstantThenStar, {{"x", 0, 0}, {"email", kPeople, 2}}, "KR"},
      {"an expression", kReadsPeople, kEmail, kFromAnything, {{"upper", 0, 0}}, "-"},
      {"an expression of who knows what", kReadsPeople, kUndecided, kFromAnything, {{"upper", 0, 0}}, "-"},
      {"the whole row", kReadsPeople, kStar, kFromAnything, {{"p", kPeople, 0}}, "R"},
      {"count(*)", kReadsPeople, {}, kFromAnything, {{"count", 0, 0, 20}}, "K"},
      {"a constant", kReadsPeople, kEmail, kConstant, {{"x", 0, 0}}, "K"},
      {"a table made later", kReadsPeople, kEmail, {}, {{"x", kLater, 1}}, "-"},
      {"a table beside it", kReadsPeople, kEmail, {}, {{"id", kOrders, 1}}, "K"},
      {"another table", kReadsOrders, {}, kFromAnything, {{"sum", 0, 0, 1700}}, "K"},
      {"a view that reads it", kReadsView, {}, {}, {{"mail", 16400, 1}}, "-"},
  };
  for (const Case& row : cases) {
    Statement statement;
    statement.relations = row.relations;
    statement.columns = row.columns;
    statement.outputs = row.outputs;
    EXPECT_EQ(fates_of(plan_rows(describe(row.told), &statement, {.masks = &masks})), row.fates) << row.name;
    std::string scanned = row.fates;
    if (row.told[0].table != kLater) {  // what nobody has heard of yet is not searched instead
      std::replace(scanned.begin(), scanned.end(), '-', 'S');
    }
    EXPECT_EQ(fates_of(plan_rows(describe(row.told), &statement, {.masks = &masks, .lost = LostLineage::kScan})),
              scanned)
        << row.name;
  }
}

TEST(RowPlanner, TrustsNothingOfAStatementItDoesNotKnow) {
  const MaskCatalogue masks = catalogue();
  EXPECT_EQ(fates_of(plan_rows(describe({{"x", 0, 0}}), nullptr, {.masks = &masks})), "-");
  EXPECT_EQ(fates_of(plan_rows(describe({{"x", kPeople, 2}}), nullptr, {.masks = &masks})), "R");
  EXPECT_EQ(fates_of(plan_rows(describe({{"x", kOrders, 1}}), nullptr, {.masks = &masks})), "K");
}

TEST(RowPlanner, ShowsTextsToTheJudgeWhereItIsToldTo) {
  const RowDescription description = describe({{"text", 0, 0}, {"date", 0, 0, 1082}, {"number", 0, 0, 1700}});
  EXPECT_EQ(fates_of(plan_rows(description, nullptr, {.scan = ScanTexts::kYes})), "SKS");
  EXPECT_EQ(fates_of(plan_rows(description, nullptr, {})), "KKK");
}

TEST(MaskCatalogue, AsksForNamesAsNames) {
  const MaskCatalogue made({{"pub'lic", "pe_ple*", "100%!"}});
  EXPECT_NE(
      made.query().find("(n.nspname OPERATOR(pg_catalog.~~) pg_catalog.like_escape('pub''lic', '!') AND c.relname "
                        "OPERATOR(pg_catalog.~~) pg_catalog.like_escape('pe!_ple%', '!') AND a.attname "
                        "OPERATOR(pg_catalog.~~) pg_catalog.like_escape('100!%!!', '!'))"),
      std::string::npos);
}

TEST(MaskCatalogue, RefusesRowsThatAreNone) {
  MaskCatalogue made({});
  const std::vector<std::vector<std::string_view>> bad = {{},
                                                          {"masked", "1", "2"},
                                                          {"masked", "x", "2", ""},
                                                          {"masked", "1", "40000", ""},
                                                          {"else", "1", "2", ""},
                                                          {"masked", "1 ", "2", ""}};
  for (const auto& row : bad) {
    EXPECT_FALSE(made.add(row));
  }
}

TEST(MaskCatalogue, CountsWhatItKeeps) {
  MaskCatalogue made({});
  EXPECT_EQ(made.memory_bytes(), 0U);
  for (int i = 1; i <= 1000; ++i) {
    const std::string number = std::to_string(i);
    const std::string_view row[] = {"column", "7", number, "a_name_of_some_twenty_bytes"};
    ASSERT_TRUE(made.add(row));
  }
  EXPECT_GT(made.memory_bytes(), 60'000U);
  made.clear();
  EXPECT_EQ(made.memory_bytes(), 0U);
}

}  // namespace
}  // namespace gabion::proxy::postgres
