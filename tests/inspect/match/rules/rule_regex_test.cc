// One regular expression on PCRE2: captures, limits, lazy compilation and the cache of expanded texts.
#include "inspect/match/rules/rule_regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "inspect/match/rules/regex_cache.h"

namespace gabion::inspect::match {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(RuleRegex, CapturesTheGroupsThatTookPart) {
  const auto regex = RuleRegex::compile(R"((a)|(b)(c*)(d)?)");
  ASSERT_TRUE(regex.has_value());
  Scratch scratch;
  Captures captures;
  ASSERT_EQ(regex->match("xbz", scratch, captures), RegexVerdict::kMatch);
  EXPECT_THAT(captures.groups[0], Optional(Eq("b")));
  EXPECT_EQ(captures.groups[1], std::nullopt);
  EXPECT_THAT(captures.groups[2], Optional(Eq("b")));
  EXPECT_THAT(captures.groups[3], Optional(Eq("")));
  EXPECT_EQ(captures.groups[4], std::nullopt);
  ASSERT_EQ(regex->match("a", scratch, captures), RegexVerdict::kMatch);
  EXPECT_THAT(captures.groups[1], Optional(Eq("a")));
  EXPECT_EQ(captures.groups[2], std::nullopt);
}

TEST(RuleRegex, KeepsTheFirstTenOfManyGroups) {
  const auto regex = RuleRegex::compile("(1)(2)(3)(4)(5)(6)(7)(8)(9)(a)(b)");
  ASSERT_TRUE(regex.has_value());
  Scratch scratch;
  Captures captures;
  ASSERT_EQ(regex->match("123456789ab", scratch, captures), RegexVerdict::kMatch);
  EXPECT_THAT(captures.groups[0], Optional(Eq("123456789ab")));
  EXPECT_THAT(captures.groups[9], Optional(Eq("9")));
}

TEST(RuleRegex, FollowsModSecuritysFlags) {
  const struct {
    const char* pattern;
    std::string value;
    RegexVerdict verdict;
  } cases[] = {
      {"a.b", "a\nb", RegexVerdict::kMatch},
      {"^b", "a\nb", RegexVerdict::kMatch},
      {"^$", "a\n", RegexVerdict::kNoMatch},
      {"a$", "a\nb", RegexVerdict::kMatch},
      {"A", "a", RegexVerdict::kNoMatch},
      {"(?i)A", "a", RegexVerdict::kMatch},
      {"\\s", "\v", RegexVerdict::kMatch},
      {"\\xa0", "\xa0", RegexVerdict::kMatch},
      {"\\x00b", std::string("a\0b", 3), RegexVerdict::kMatch},
      {"^$", "", RegexVerdict::kMatch},
  };
  Scratch scratch;
  for (const auto& one : cases) {
    const auto regex = RuleRegex::compile(one.pattern);
    ASSERT_TRUE(regex.has_value());
    EXPECT_EQ(regex->match(one.value, scratch), one.verdict) << one.pattern;
  }
  const auto caseless = RuleRegex::compile("A", {.letters = CaseRule::kWithoutCase});
  ASSERT_TRUE(caseless.has_value());
  EXPECT_EQ(caseless->match("a", scratch), RegexVerdict::kMatch);
  EXPECT_EQ(caseless->match({}, scratch), RegexVerdict::kNoMatch);
}

TEST(RuleRegex, ALimitIsUndecidedAndLeavesTheCapturesAlone) {
  const auto regex = RuleRegex::compile("(x+x+)+y", {.match_limit = 1000});
  ASSERT_TRUE(regex.has_value());
  Scratch scratch;
  Captures captures;
  captures.groups[0] = "old";
  EXPECT_EQ(regex->match(std::string(40, 'x') + "z", scratch), RegexVerdict::kNoMatch);  // PCRE2 sees: no y at all
  EXPECT_EQ(regex->match(std::string(40, 'x') + "z y", scratch, captures), RegexVerdict::kUndecided);
  EXPECT_THAT(captures.groups[0], Optional(Eq("old")));
}

TEST(RuleRegex, DeepRecursionIsUndecidedNotACrash) {
  const auto regex = RuleRegex::compile("^(?:(a|b(?1))|.)*c", {.match_limit = 10'000'000});
  ASSERT_TRUE(regex.has_value());
  Scratch scratch;
  EXPECT_EQ(regex->match(std::string(4'000'000, 'b') + "c", scratch), RegexVerdict::kUndecided);
}

TEST(RuleRegex, SaysWhatIsWrong) {
  const auto regex = RuleRegex::compile("a(b");
  ASSERT_TRUE(regex.has_error());
  EXPECT_EQ(regex.error().what, "not a regular expression PCRE2 takes: missing closing parenthesis at offset 3");
}

TEST(LazyRegex, IsCompiledOnceByWhicheverThreadComesFirst) {
  const LazyRegex regex("(b+)");
  std::vector<std::thread> threads;
  std::vector<int> matched(4);
  for (std::size_t i = 0; i < matched.size(); ++i) {
    threads.emplace_back([&regex, &found = matched[i]] {
      Scratch scratch;
      Captures captures;
      found = regex.match("abbc", scratch, captures) == RegexVerdict::kMatch && captures.groups[1] == "bb" ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(matched, ::testing::Each(1));
}

TEST(LazyRegex, WhatDoesNotCompileIsUndecided) {
  const LazyRegex regex("a(b");
  Scratch scratch;
  Captures captures;
  EXPECT_EQ(regex.match("ab", scratch, captures), RegexVerdict::kUndecided);
  EXPECT_EQ(regex.match("ab", scratch, captures), RegexVerdict::kUndecided);
}

TEST(RegexCache, KeepsTheLatestAndForgetsTheOthers) {
  RegexCache cache({}, 2);
  Scratch scratch;
  Captures captures;
  for (const char* pattern : {"a", "b", "a", "c", "a", "(", "b"}) {
    const RegexVerdict wanted = *pattern == '(' ? RegexVerdict::kUndecided : RegexVerdict::kMatch;
    EXPECT_EQ(cache.match(pattern, "abc", scratch, captures), wanted) << pattern;
    EXPECT_LE(cache.size(), 2U);
  }
  EXPECT_EQ(cache.match(std::string(RegexCache::kMostBytes + 1, 'a'), "a", scratch, captures),
            RegexVerdict::kUndecided);
}

}  // namespace
}  // namespace gabion::inspect::match
