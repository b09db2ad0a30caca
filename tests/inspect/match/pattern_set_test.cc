// Complete values against pattern sets.
#include "inspect/match/pattern_set.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::inspect::match {
namespace {

using Ids = std::vector<std::uint32_t>;

Ids scan(const PatternSet& set, std::string_view value) {
  Scratch scratch;
  EXPECT_TRUE(set.prepare(scratch).has_value());
  MatchList matches;
  EXPECT_EQ(set.scan(value, scratch, matches), ScanStatus::kDone);
  Ids ids;
  for (const Match& found : matches.items()) {
    ids.push_back(found.pattern);
  }
  return ids;
}

TEST(PatternSetTest, ReportsEachMatchingPatternOnceByEndOffset) {
  const std::vector<Pattern> patterns{{"union", "union\\s+select"}, {"number", "[0-9]{3}"}, {"edge", "\\x1eid="}};
  const auto set = PatternSet::compile(patterns);
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(scan(*set, "plain"), Ids{});
  EXPECT_EQ(scan(*set, ""), Ids{});
  EXPECT_EQ(scan(*set, "UNION\n SELECT 123456789"), (Ids{0, 1}));
  EXPECT_EQ(scan(*set, std::string("999 \x1eid=1")), (Ids{1, 2}));
}

TEST(PatternSetTest, TakesBytesThatAreNoUtf8) {
  const std::vector<Pattern> patterns{{"overlong", "\\xc0\\xae"}};
  const auto set = PatternSet::compile(patterns);
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(scan(*set, "a\xff\xc0\xae\x80"), Ids{0});
  EXPECT_EQ(scan(*set, "a\xff\xc0"), Ids{});
}

TEST(PatternSetTest, NamesThePatternThatDoesNotCompile) {
  const std::vector<Pattern> patterns{{"fine", "abc"}, {"broken", "a(?=b)c"}};
  const auto set = PatternSet::compile(patterns);
  ASSERT_TRUE(set.has_error());
  EXPECT_EQ(set.error().where, "broken");
  EXPECT_FALSE(set.error().what.empty());
}

TEST(PatternSetTest, RefusesNoPatternsAndTooMany) {
  EXPECT_TRUE(PatternSet::compile({}).has_error());
  const std::vector<Pattern> many(MatchList::kCapacity + 1, Pattern{"x", "x"});
  EXPECT_TRUE(PatternSet::compile(many).has_error());
}

TEST(PatternSetTest, SaysSoWhenTheScratchWasNeverPrepared) {
  const std::vector<Pattern> patterns{{"a", "abc"}};
  const auto set = PatternSet::compile(patterns);
  ASSERT_TRUE(set.has_value());
  Scratch scratch;
  MatchList matches;
  EXPECT_EQ(set->scan("abc", scratch, matches), ScanStatus::kFailed);
}

}  // namespace
}  // namespace gabion::inspect::match
