// Our walk and the library's JSON name the same relations and functions in every row of the file.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/inspect/sql/json_oracle.h"
#include "tests/inspect/sql/one_parser.h"

namespace gabion::inspect::sql {
namespace {

TEST(SqlOracle, TheWalkNamesWhatTheJsonNames) {
  std::ifstream file(std::string(GABION_SOURCE_DIR) + "/tests/inspect/sql/statements.txt");
  ASSERT_TRUE(file);
  Facts facts;
  std::string line;
  int compared = 0;
  while (std::getline(file, line)) {
    if (line.starts_with("    ") || line.starts_with("#")) {
      continue;
    }
    one_parser().parse(line, {}, facts);
    ASSERT_EQ(facts.error(), ParseError::kNone) << line;
    const Names ours = names_of_facts(facts);
    const Names theirs = names_of_json(line);
    EXPECT_EQ(ours.relations, theirs.relations) << line;
    EXPECT_EQ(ours.functions, theirs.functions) << line;
    ++compared;
  }
  EXPECT_GT(compared, 220);
}

}  // namespace
}  // namespace gabion::inspect::sql
