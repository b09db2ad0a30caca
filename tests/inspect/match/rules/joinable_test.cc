// Which expressions may look at several values at once, and what becomes of the ends of a text.
#include "inspect/match/rules/joinable.h"

#include <gtest/gtest.h>

namespace gabion::inspect::match {
namespace {

TEST(JoinableTest, WhatKnowsOnlyLinesMayBeJoined) {
  for (const auto* expression :
       {"abc", "^a$", R"(\ba\B)", "(?i)a", "(?:a|b)", "(?i:a)", "(?s-i:a)", "[^\\n]+", R"(\\z)", R"(\(\?=)"}) {
    EXPECT_TRUE(can_join(expression)) << expression;
  }
}

TEST(JoinableTest, WhatSeesTheEndsOfTheTextOrItsNeighboursMayNot) {
  for (const auto* expression :
       {R"(\Aa)", R"(a\z)", R"(a\Z)", R"(\Ga)", R"(\Qa)", R"(a\Kb)", "(?=a)", "(?!a)", "(?<!\\n)a", "(?<=a)b",
        "(?>a+)b", "(?-m)^a", "(?i-m:^a)", "(?x)a b", "(?^)^a", "(*UTF)a", "a\\", "(?P<n>a)", "(?"}) {
    EXPECT_FALSE(can_join(expression)) << expression;
  }
}

TEST(JoinableTest, EndsOfTheTextBecomeEndsOfLines) {
  EXPECT_EQ(loosen_ends(R"(\Aa(?:\r?\n)?\z|b\Z)"), R"(^a(?:\r?\n)?$|b$)");
  EXPECT_EQ(loosen_ends(R"(\\z[\A]\A)"), R"(\\z[\A]^)");
  EXPECT_EQ(loosen_ends(R"([]\z][^]\z]\z)"), R"([]\z][^]\z]$)");
  EXPECT_EQ(loosen_ends(R"(\Qa\z\E\z)"), R"(\Qa\z\E\z)");
  EXPECT_EQ(loosen_ends("a\\"), "a\\");
}

}  // namespace
}  // namespace gabion::inspect::match
