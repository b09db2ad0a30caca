// Where a match begins whose end is known.
#include "inspect/match/span_pattern.h"

#include <gtest/gtest.h>

namespace gabion::inspect::match {
namespace {

TEST(SpanPatternTest, FindsTheBeginOfTheLongestMatchThatEndsThere) {
  const auto pattern = SpanPattern::compile({"mine", "\\bA{1,3}-[0-9]{2,4}"});
  ASSERT_TRUE(pattern.has_value());
  Scratch scratch;
  ASSERT_TRUE(pattern->prepare(scratch).has_value());
  EXPECT_EQ(pattern->shortest(), 4U);
  EXPECT_EQ(pattern->longest(), 8U);
  EXPECT_EQ(pattern->begin_of("x AAA-123", 9, scratch), 2U);
  EXPECT_EQ(pattern->begin_of("x AAA-123", 8, scratch), 2U);
  EXPECT_EQ(pattern->begin_of("x AAA-123", 7, scratch), std::nullopt);
  EXPECT_EQ(pattern->begin_of("xAAA-123", 8, scratch), std::nullopt);
}

TEST(SpanPatternTest, KnowsWhatHasNoLongestMatchAndRefusesWhatHasNoShortest) {
  const auto unbounded = SpanPattern::compile({"mine", "ab+c"});
  ASSERT_TRUE(unbounded.has_value());
  EXPECT_EQ(unbounded->longest(), SpanPattern::kUnbounded);
  EXPECT_FALSE(SpanPattern::compile({"mine", "a*"}).has_value());
  EXPECT_FALSE(SpanPattern::compile({"mine", "(a"}).has_value());
}

}  // namespace
}  // namespace gabion::inspect::match
