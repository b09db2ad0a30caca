// What the wrapper promises: full match, dot meets line breaks, bad and huge patterns are errors.
#include "inspect/match/regex.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::inspect::match {
namespace {

TEST(Regex, MeetsTheWholeTextOnly) {
  const auto regex = Regex::compile("/v[0-9]+/status").value();
  EXPECT_TRUE(regex.matches_all_of("/v12/status"));
  EXPECT_FALSE(regex.matches_all_of("/v12/status/x"));
  EXPECT_FALSE(regex.matches_all_of("x/v12/status"));
  EXPECT_FALSE(regex.matches_all_of(""));
}

TEST(Regex, DotMeetsLineBreaks) {
  EXPECT_TRUE(Regex::compile("/a.*").value().matches_all_of("/a\nb"));
}

TEST(Regex, AlternativesAreAnchoredTogether) {
  const auto regex = Regex::compile("/a|/b").value();
  EXPECT_TRUE(regex.matches_all_of("/b"));
  EXPECT_FALSE(regex.matches_all_of("/ax"));
}

TEST(Regex, WhatRe2DoesNotTakeIsAnError) {
  for (const std::string pattern : {"(", "[", "a**", "(?=x)", "\\1", "(a{1000}){1000}"}) {
    EXPECT_TRUE(Regex::compile(pattern).has_error()) << pattern;
  }
}

TEST(Regex, BacktrackingTrapsTakeLinearTime) {
  const auto regex = Regex::compile("(a*)*b").value();
  EXPECT_FALSE(regex.matches_all_of(std::string(100'000, 'a')));
}

}  // namespace
}  // namespace gabion::inspect::match
