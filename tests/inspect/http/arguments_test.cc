// Queries and forms: splitting, lenient decoding, the flag, the limit.
#include "inspect/http/arguments.h"

#include <gtest/gtest.h>

#include "printed.h"

namespace gabion::inspect::http {
namespace {

struct Case {
  std::string_view text;
  std::string_view values;
  bool invalid = false;
};

constexpr Case kCases[] = {
    {"", ""},
    {"a", "a="},
    {"a=", "a="},
    {"=b", "=b"},
    {"=", "="},
    {"&", "="},
    {"&&", "=|="},
    {"a=b&", "a=b"},
    {"&a=b", "=|a=b"},
    {"a=b=c", "a=b=c"},
    {"a=1&a=2", "a=1|a=2"},
    {"a+b=c+d", "a b=c d"},
    {"%26=%3d", "&=="},
    {"a;b=c", "a;b=c"},
    {"a=%00b", "a=\\0b"},
    {"a=%4A%4a", "a=JJ"},
    {"a=%", "a=%", true},
    {"a=%4", "a=%4", true},
    {"a=%4g", "a=%4g", true},
    {"a=%%41", "a=%A", true},
    {"a=%u0041", "a=%u0041", true},
    {"%zz=1&b=+", "%zz=1|b= ", true},
};

TEST(Arguments, SplitsAndDecodes) {
  Arguments arguments;
  for (const Case& c : kCases) {
    EXPECT_EQ(arguments.parse(c.text, '&', 100), BodyError::kNone) << c.text;
    EXPECT_EQ(printed(arguments.values()), c.values) << c.text;
    EXPECT_EQ(arguments.invalid_encoding(), c.invalid) << c.text;
  }
}

TEST(Arguments, SplitsAtTheSeparatorGiven) {
  Arguments arguments;
  EXPECT_EQ(arguments.parse("a=1;b=2&c", ';', 100), BodyError::kNone);
  EXPECT_EQ(printed(arguments.values()), "a=1|b=2&c");
}

TEST(Arguments, CombinedSizeCountsDecodedBytes) {
  Arguments arguments;
  EXPECT_EQ(arguments.parse("ab=%41&c=d+e", '&', 100), BodyError::kNone);
  EXPECT_EQ(arguments.combined_size(), 7u);
}

TEST(Arguments, TheLimitKeepsTheFirstAndSaysSo) {
  Arguments arguments;
  EXPECT_EQ(arguments.parse("a&b&", '&', 2), BodyError::kNone);
  EXPECT_EQ(arguments.parse("a&b&c", '&', 2), BodyError::kTooManyValues);
  EXPECT_EQ(printed(arguments.values()), "a=|b=");
}

TEST(Arguments, NothingIsLeftOfTheTextBefore) {
  Arguments arguments;
  EXPECT_EQ(arguments.parse("a=%", '&', 2), BodyError::kNone);
  EXPECT_EQ(arguments.parse("b", '&', 2), BodyError::kNone);
  EXPECT_FALSE(arguments.invalid_encoding());
  EXPECT_EQ(arguments.combined_size(), 1u);
}

TEST(Arguments, EveryPrefixIsRead) {
  const std::string text = "a=b&%63=%64+%&x=%4";
  Arguments arguments;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::string prefix = text.substr(0, size);  // of its own memory, so that a sanitizer sees a read beyond it
    EXPECT_EQ(arguments.parse(prefix, '&', 100), BodyError::kNone);
    EXPECT_LE(arguments.combined_size(), size);
  }
}

}  // namespace
}  // namespace gabion::inspect::http
