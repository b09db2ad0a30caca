// Expressions in RE2's words: what is rewritten, and what is left to PCRE2.
#include "inspect/match/rules/re2_dialect.h"

#include <gtest/gtest.h>

namespace gabion::inspect::match {
namespace {

TEST(Re2Dialect, SaysTheSameInRe2sWords) {
  const struct {
    const char* pcre2;
    const char* re2;
  } cases[] = {
      {"abc", "(?sm)abc"},
      {R"(a\sb)", R"((?sm)a[ \t-\r]b)"},
      {R"([\s\d])", R"((?sm)[ \t-\r\d])"},
      {R"(\S)", R"((?sm)[\x00-\x08\x0e-\x1f\x21-\xff])"},
      {R"([^\S])", R"((?sm)[^\x00-\x08\x0e-\x1f\x21-\xff])"},
      {R"(\\s)", R"((?sm)\\s)"},
      {R"([]\s])", R"((?sm)[] \t-\r])"},
      {R"([^]\s])", R"((?sm)[^] \t-\r])"},
      {R"([[:alpha:]\s])", R"((?sm)[[:alpha:] \t-\r])"},
      {R"([[\s])", R"((?sm)[[ \t-\r])"},
      {R"((?i)a(?:b|c))", R"((?sm)(?i)a(?:b|c))"},
      {R"(\x5c\x27)", R"((?sm)\x5c\x27)"},
      {R"(\xe9)", R"((?sm)\xe9)"},
      {"\xe9", "(?sm)\xe9"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(to_re2(one.pcre2), one.re2) << one.pcre2;
  }
}

TEST(Re2Dialect, LeavesToPcre2WhatRe2ReadsOtherwise) {
  for (const char* pattern :
       {R"(\v)",     R"(\h)",    R"(\R)",    R"((a)\1)",   R"(\Qa.b\E)",    R"((?=a))",       R"((?!a))",
        R"((?<=a))", R"((?>a))", R"((?#x))", R"((?x)a b)", R"((?<name>a))", R"((?P<name>a))", "(*ANYCRLF)a$",
        R"(\x{41})", R"(\x4)",   R"(\Z)",    R"(\pL)",     R"((?i)\xe9)",   "(?i)[a-\xff]",   "a\\",
        "[a",        R"(\Ka)",   R"(\C)",    R"(\cA)",     R"(\o{12})",     R"(\N)",          R"(\e)"}) {
    EXPECT_EQ(to_re2(pattern), std::nullopt) << pattern;
  }
}

}  // namespace
}  // namespace gabion::inspect::match
