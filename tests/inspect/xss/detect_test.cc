// What brings script into a page and what only looks like markup.
#include "inspect/xss/detect.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/inspect/xss/generated_attacks.h"

namespace gabion::inspect::xss {
namespace {

class XssFoundTest : public ::testing::TestWithParam<std::string_view> {};
TEST_P(XssFoundTest, WithAReason) {
  const Finding finding = detect(GetParam());
  EXPECT_TRUE(finding.found);
  EXPECT_FALSE(finding.reason.empty());
}

class XssPassesTest : public ::testing::TestWithParam<std::string_view> {};
TEST_P(XssPassesTest, WithoutAReason) {
  const Finding finding = detect(GetParam());
  EXPECT_FALSE(finding.found) << finding.reason;
  EXPECT_TRUE(finding.reason.empty());
}

INSTANTIATE_TEST_SUITE_P(MissedByOthers, XssFoundTest,
                         ::testing::Values("<tag onauxclick=alert(1)>", "<tag onpagereveal=alert(1)>",
                                           "<tag onpageswap=alert(1)>", "<tag onscrollsnapchange=alert(1)>"));

INSTANTIATE_TEST_SUITE_P(Known, XssFoundTest,
                         ::testing::Values("<object allowScriptAccess=always data=//host/x.swf?>"));

// The values of the Core Rule Set's own tests of rules 941100 and 941101.
INSTANTIATE_TEST_SUITE_P(
    CoreRuleSet, XssFoundTest,
    ::testing::Values(
        "<script xmlns=\"http://www.w3.org/1999/xhtml\">setTimeout(\"top.frame2.location=\"javascript:(function "
        "() {var x = document.createElement(\\\"script\\\");}());\"\",1000)</script>",
        "<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\" src=\"data:,alert(1)\" />",
        "www.github.com<script><img><iframe>"));

INSTANTIATE_TEST_SUITE_P(Disguised, XssFoundTest,
                         ::testing::Values("<ScRiPt/x>", "<a href='java&#x73;cript&colon;1'>",
                                           "\" onfocus=alert(1) x=\"", "x onmouseover=alert(1)", "' onwheel='alert(1)",
                                           "<!-- <script> -->", "<b title=\"<script>\">", "</script>",
                                           "<body onload!#$%&()*~+-_=alert(1)>", "<p style='width:exp/**/ression(1)'>",
                                           "javascript:alert(1)", " \tjava\nscript:alert(1)",
                                           "\"data:text/html;base64,PHM+\">", "<style>@import'//evil.example'</style>",
                                           "<?xml:namespace prefix=t>", "<img src=x onerror=alert`1`", "<q\fonclick=x",
                                           "<set attributeName=onmouseover to=alert(1)>",
                                           "<isindex action=j&Tab;a&Tab;vas&Tab;c&Tab;r&Tab;ipt:alert(1)>"));

INSTANTIATE_TEST_SUITE_P(
    Ordinary, XssPassesTest,
    ::testing::Values("filter=in(labels.name,\"test\")", "<?xml version=\"1.0\"?>", "online==", "onAAAAA==",
                      "Bp5TvJc0Anl onZWXteReQ==", "http://www.bing.com/search?q=design ontwerp&go=Search",
                      "I have read and agree to the <a href=\"/privacy-policy/\">privacy policy</a>", "",
                      "a < b and c > d", "x=1&y=2", "Local<Object> o = 1;", "the <base> currency",
                      "John <john@example.com>", "<b>bold</b> and <i class=\"x\">italic</i>", "<p style=\"color:red\">",
                      "say \"hi\" = fine", "<img src=\"data:image/png;base64,iVBORw0KGgo=\">", "data: 5 GB",
                      "on Monday = closed", "\"online\" = true", "only=x", "I <3 you", "<https://example.com/?on=1>"));

// What detect.h says about its limits.
INSTANTIATE_TEST_SUITE_P(FoundThoughHarmless, XssFoundTest, ::testing::Values("a <frame> of reference"));
INSTANTIATE_TEST_SUITE_P(NotFound, XssPassesTest, ::testing::Values("\"; alert(1)//"));

TEST(XssDetectTest, FindsEveryAttackMadeByRule) {
  std::size_t values = 0;
  for (const GeneratedAttack& attack : generated_attacks()) {
    ASSERT_TRUE(detect(attack.value).found) << attack.kind << ": " << attack.value;
    ++values;
  }
  EXPECT_GT(values, 4'000U);
}

TEST(XssDetectTest, ReadsAnyBytes) {
  EXPECT_TRUE(detect(std::string_view("<s\0cript>", 9)).found);
  EXPECT_TRUE(detect(std::string_view("<\0script>", 9)).found);
  EXPECT_FALSE(detect(std::string_view("\xFF<\0\0\xC2=", 6)).found);
}

TEST(XssDetectTest, IsLinearInWhatLooksNested) {
  for (const std::string_view piece :
       {"<a ", "<style>", "<", "\"='", "<a b=\"", "&#1;", "<a b=&#x", "<!", "=\"", "<a:", "< a="}) {
    std::string value;
    while (value.size() < 1'000'000) {
      value += piece;
    }
    static_cast<void>(detect(value));  // a quadratic pass would take minutes and end by the test's time limit
  }
}

}  // namespace
}  // namespace gabion::inspect::xss
