// A group of patterns: what it finds, what it refuses, and that the way it was made does not show in its hits.
#include "inspect/match/rules/pattern_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/malloc_count.h"

namespace gabion::inspect::match {
namespace {

using Ids = std::vector<std::uint32_t>;

RulePattern regex(std::uint32_t id, std::string expression) {
  return {.id = id,
          .kind = RulePattern::Kind::kRegex,
          .name = "rule " + std::to_string(id),
          .expression = std::move(expression),
          .phrases = {}};
}

RulePattern phrases(std::uint32_t id, std::vector<std::string> list) {
  return {.id = id,
          .kind = RulePattern::Kind::kPhrases,
          .name = "rule " + std::to_string(id),
          .expression = {},
          .phrases = std::move(list)};
}

Ids hits_of(const PatternGroup& group, std::string_view value) {
  Scratch scratch;
  EXPECT_TRUE(group.prepare(scratch).has_value());
  HitSet hits;
  group.scan(value, scratch, hits);
  EXPECT_FALSE(hits.any_undecided());
  Ids ids;
  for (std::uint32_t id = 0; id < hits.size(); ++id) {
    if (hits.test(id)) {
      ids.push_back(id);
    }
  }
  return ids;
}

/// One pattern for each engine and both kinds.
const std::vector<RulePattern>& mixed() {
  static const std::vector<RulePattern> patterns{
      regex(3, R"((?i)union\s+select)"),  // Hyperscan
      regex(4, R"(^$)"),                  // matches the empty value
      regex(5, R"((a)\1)"),               // PCRE2
      regex(70, R"(\bfoo(?=bar))"),       // PCRE2
      phrases(6, {"etc/passwd", "cmd.exe", std::string("nul\0byte", 8), "\xc3\xa9t\xc3\xa9"}),
      phrases(130, {"PASSWD"}),
      phrases(131, {}),
      regex(7, R"(end$)"),
      regex(8, "\\x00tail"),
  };
  return patterns;
}

struct Case {
  std::string value;
  Ids ids;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> list{
      {"", {4}},
      {"nothing here", {}},
      {"1 UNION \v\n SeLect x", {3}},
      {"aa", {5}},
      {"foobar", {70}},
      {"foobaz", {}},
      {"/ETC/Passwd", {6, 130}},
      {std::string("x nul\0BYTE", 10), {6}},
      {std::string("nul\0tail", 8), {8}},
      {"\xc3\xa9t\xc3\xa9", {6}},
      {"\xc3\x89t\xc3\x89", {}},  // only ASCII has a case
      {"end\nmore", {7}},
      {"the end\n", {7}},
      {"\n", {4}},
      {"a\n\nb", {4}},
      {"ab\n", {}},  // nothing begins behind the last line feed
  };
  return list;
}

TEST(PatternGroup, FindsEachPatternOnWhicheverEngine) {
  const auto group = PatternGroup::compile(mixed());
  ASSERT_TRUE(group.has_value());
  EXPECT_EQ(group->id_bound(), 132U);
  EXPECT_GE(group->contents().exact, 3U);
  EXPECT_GE(group->contents().single, 2U);
  EXPECT_EQ(group->contents().phrases, 5U);
  for (const Case& one : cases()) {
    EXPECT_THAT(hits_of(*group, one.value), ::testing::ElementsAreArray(one.ids))
        << ::testing::PrintToString(one.value);
  }
}

TEST(PatternGroup, TheFastOneFindsTheSame) {
  const auto group = PatternGroup::compile_fast(mixed());
  ASSERT_TRUE(group.has_value());
  EXPECT_EQ(group->contents().exact + group->contents().linear, 0U);
  for (const Case& one : cases()) {
    EXPECT_THAT(hits_of(*group, one.value), ::testing::ElementsAreArray(one.ids))
        << ::testing::PrintToString(one.value);
  }
}

TEST(PatternGroup, OfNoPatternsNeverMatches) {
  for (const auto& group : {PatternGroup::compile({}), PatternGroup::compile_fast({})}) {
    ASSERT_TRUE(group.has_value());
    EXPECT_EQ(group->id_bound(), 0U);
    EXPECT_TRUE(hits_of(*group, "value").empty());
  }
}

TEST(PatternGroup, SaysEverythingThatIsWrong) {
  const std::vector<RulePattern> patterns{regex(0, "(unclosed"), regex(1, "fine"), regex(1, "again"),
                                          phrases(2, {"a", ""})};
  for (const auto& group : {PatternGroup::compile(patterns), PatternGroup::compile_fast(patterns)}) {
    ASSERT_TRUE(group.has_error());
    const config::Errors& errors = group.error();
    ASSERT_EQ(errors.size(), 3U);
    EXPECT_EQ(errors[0].where, "rule 0");
    EXPECT_THAT(errors[0].what, ::testing::HasSubstr("PCRE2"));
    EXPECT_EQ(errors[1].what, "pattern 1 is in the group twice");
    EXPECT_EQ(errors[2].where, "rule 2");
  }
}

TEST(PatternGroup, WhatALimitCutOffIsUndecided) {
  const std::vector<RulePattern> patterns{regex(0, R"((x+x+)+y\1)"), regex(1, "x")};
  const auto group = PatternGroup::compile(patterns, {.match_limit = 1000, .platform = {}, .cache_directory = {}});
  ASSERT_TRUE(group.has_value());
  Scratch scratch;
  ASSERT_TRUE(group->prepare(scratch).has_value());
  HitSet hits;
  group->scan(std::string(40, 'x') + "z y", scratch, hits);
  EXPECT_TRUE(hits.undecided(0));
  EXPECT_FALSE(hits.test(0));
  EXPECT_TRUE(hits.test(1));
  EXPECT_FALSE(hits.undecided(1));
  hits.clear();
  group->scan("y", scratch, hits);
  EXPECT_FALSE(hits.any());
  EXPECT_FALSE(hits.any_undecided());
}

TEST(PatternGroup, ScanningAllocatesNothingOnceWarm) {
  if (!test::counts_mallocs()) {
    GTEST_SKIP() << "the sanitizer brings its own malloc";
  }
  const auto group = PatternGroup::compile(mixed());
  ASSERT_TRUE(group.has_value());
  Scratch scratch;
  ASSERT_TRUE(group->prepare(scratch).has_value());
  HitSet hits;
  const std::size_t at_start = test::mallocs_so_far();
  const auto scan_all = [&] {
    for (const Case& one : cases()) {
      hits.clear();
      group->scan(one.value, scratch, hits);
    }
  };
  scan_all();
  EXPECT_GT(test::mallocs_so_far(), at_start) << "the first scan makes room: the count works";
  const std::size_t before = test::mallocs_so_far();
  for (int i = 0; i < 100; ++i) {
    scan_all();
  }
  EXPECT_EQ(test::mallocs_so_far(), before);
}

TEST(PatternGroup, ServesSeveralThreadsAtOnce) {
  std::vector<RulePattern> patterns = mixed();
  patterns.push_back(
      regex(9, "(?:" + std::string(R"((?:p[\\'"]*?y[\\'"]*?t[\\'"]*?h|r[\\'"]*?u[\\'"]*?b){1,40})") + ")"));
  const auto group = PatternGroup::compile(patterns);
  ASSERT_TRUE(group.has_value());
  std::vector<int> same(4, 0);
  std::vector<std::thread> threads;
  for (int& all_same : same) {
    threads.emplace_back([&group, &all_same] {
      Scratch scratch;
      bool good = group->prepare(scratch).has_value();
      HitSet hits;
      for (int i = 0; i < 200; ++i) {
        for (const Case& one : cases()) {
          hits.clear();
          group->scan(one.value, scratch, hits);
          for (const std::uint32_t id : {3U, 4U, 5U, 6U, 7U, 8U, 70U, 130U, 131U}) {
            const bool wanted = std::find(one.ids.begin(), one.ids.end(), id) != one.ids.end();
            good = good && hits.test(id) == wanted;
          }
        }
      }
      all_same = good ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(same, ::testing::Each(1));
}

}  // namespace
}  // namespace gabion::inspect::match
