// Cookie headers: version 0, nothing decoded.
#include "inspect/http/cookies.h"

#include <gtest/gtest.h>

#include "printed.h"

namespace gabion::inspect::http {
namespace {

struct Case {
  std::string_view header;
  std::string_view values;
};

constexpr Case kCases[] = {
    {"", ""},
    {"a", "a="},
    {"a=b", "a=b"},
    {"a=b; c=d", "a=b|c=d"},
    {"a=b;c", "a=b|c="},
    {"a=b, c=d", "a=b, c=d"},
    {"a==b", "a==b"},
    {"=b", ""},
    {";;a=b", "a=b"},
    {"a=\"b;c\"", "a=\"b|c\"="},
    {"a=%41+", "a=%41+"},
    {" \ta = b ; c", "a = b |c="},
    {"a= b; c= d ", "a= b|c= d"},
    {"a ;", "a="},
    {"a ;;", "a ="},
    {"a ; ", "a ="},
    {"$Version=1; a=1; A=2", "$Version=1|a=1|A=2"},
    {"  =  ", ""},
};

TEST(Cookies, Splits) {
  Cookies cookies;
  for (const Case& c : kCases) {
    cookies.reset();
    EXPECT_EQ(cookies.add(c.header, 100), BodyError::kNone) << c.header;
    EXPECT_EQ(printed(cookies.values()), c.values) << c.header;
  }
}

TEST(Cookies, HeadersAddUpToTheLimit) {
  Cookies cookies;
  EXPECT_EQ(cookies.add("a=1; b=2", 3), BodyError::kNone);
  EXPECT_EQ(cookies.add("c=3; d=4", 3), BodyError::kTooManyValues);
  EXPECT_EQ(printed(cookies.values()), "a=1|b=2|c=3");
  cookies.reset();
  EXPECT_TRUE(cookies.values().empty());
}

TEST(Cookies, EveryPrefixIsRead) {
  const std::string text = " a=b; ;c = \"d\";e;=f; g ;";
  Cookies cookies;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    cookies.reset();
    const std::string prefix = text.substr(0, size);
    EXPECT_EQ(cookies.add(prefix, 100), BodyError::kNone);
    EXPECT_LE(printed(cookies.values()).size(), size + 1);
  }
}

}  // namespace
}  // namespace gabion::inspect::http
