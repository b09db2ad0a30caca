// What is shown of a match: enough to find it again, nothing that must not be in a log.
#include "inspect/waf/detector/evidence.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::inspect::waf {
namespace {

TEST(Evidence, ShowsTheMatch) {
  EXPECT_EQ(shown_match("ARGS:q", "1' or 1=1"), "1' or 1=1");
}

TEST(Evidence, CoversCardNumbers) {
  EXPECT_EQ(shown_match("ARGS:q", "x 4111111111111111 y"), "x ************1111 y");
  EXPECT_EQ(shown_variable("ARGS_NAMES:4111111111111111"), "ARGS_NAMES:************1111");
}

TEST(Evidence, CoversACardThatTheCutWouldHalve) {
  const std::string text = std::string(kMostShownBytes - 8, ' ') + "4111111111111111 ";
  EXPECT_EQ(shown_match("ARGS:q", text).find("4111"), std::string::npos);
}

TEST(Evidence, ShowsNothingOfCredentials) {
  for (const char* name : {"ARGS:password", "ARGS:user[PWD]", "REQUEST_HEADERS:Authorization", "REQUEST_COOKIES:id",
                           "ARGS:json.api_key", "REQUEST_HEADERS:Cookie"}) {
    EXPECT_EQ(shown_match(name, "hunter2"), "*******") << name;
  }
}

TEST(Evidence, EscapesAndCuts) {
  EXPECT_EQ(shown_match("ARGS:q", std::string("a\0\n\\\xff", 5)), "a\\x00\\x0a\\x5c\\xff");
  EXPECT_LE(shown_match("ARGS:q", std::string(1000, '\n')).size(), kMostShownBytes + 3);
}

}  // namespace
}  // namespace gabion::inspect::waf
