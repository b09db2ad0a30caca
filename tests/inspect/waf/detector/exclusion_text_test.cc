// Exclusions as directives that the rules' own reader takes.
#include "inspect/waf/detector/exclusion_text.h"

#include <gtest/gtest.h>

#include "inspect/waf/seclang/load.h"

namespace gabion::inspect::waf {
namespace {

TEST(ExclusionText, IsADirectiveEach) {
  config::WafConfig config;
  config.exclusions = {{942100, 942100, "", "", ""},        {942000, 942999, "", "", "ARGS:note"},
                       {0, 0, "attack-sqli", "", ""},       {0, 0, "attack-sqli", "", "ARGS:q"},
                       {942100, 942100, "", "/search", ""}, {0, 0, "attack-sqli", "/a.b/", "ARGS:q"}};
  EXPECT_EQ(text_after_rules(config),
            "SecRuleRemoveById 942100\n"
            "SecRuleUpdateTargetById 942000-942999 \"!ARGS:note\"\n"
            "SecRuleRemoveByTag \"attack-sqli\"\n"
            "SecRuleUpdateTargetByTag \"attack-sqli\" \"!ARGS:q\"\n");
  EXPECT_EQ(
      text_before_rules(config),
      "SecRule REQUEST_FILENAME \"@rx \\A\\Q/search\\E(?:/|\\z)\" "
      "\"id:4000000000,phase:1,pass,nolog,t:none,t:normalizePath,ctl:ruleRemoveById=942100\"\n"
      "SecRule REQUEST_FILENAME \"@rx \\A\\Q/a.b/\\E\" "
      "\"id:4000000001,phase:1,pass,nolog,t:none,t:normalizePath,ctl:ruleRemoveTargetByTag=attack-sqli;ARGS:q\"\n");
}

TEST(ExclusionText, IsReadByTheLoader) {
  config::WafConfig config;
  config.exclusions = {{1, 1, "", "", ""}, {2, 3, "", "/x", "ARGS:q"}, {0, 0, "t", "/x", ""}};
  const auto rules = seclang::load_text(
      text_before_rules(config) + "SecAction \"id:1,phase:1,pass,nolog\"\n" + text_after_rules(config), "rules.conf");
  ASSERT_TRUE(rules.has_value()) << rules.error().front().to_string();
  EXPECT_EQ(rules->items.size(), 2U) << "two rules of exclusions; the one that was excluded is gone";
}

}  // namespace
}  // namespace gabion::inspect::waf
