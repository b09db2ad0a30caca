// `inspection.waf`: what is read, and each way it can be wrong.
#include "config/waf_config.h"

#include <gtest/gtest.h>

#include <string>

#include "config/proxy_config.h"
#include "tests/config/inspection_text.h"

namespace gabion::config {
namespace {

TEST(WafConfig, ReadsRuleSetsAndTheProfilesChoice) {
  const auto config = parse_proxy_config(
      with_inspection(
          "{wafCache: cache, waf: {crs: {entry: rules/crs.load, paranoia: 2, inboundThreshold: 10, "
          "outboundThreshold: 8, requestBody: forms, exclusions: [{rule: 942100}, {rule: 1-9, target: "
          "'ARGS:a'}, {tag: OWASP_CRS, path: /x}]}}, profiles: {default: {waf: {rules: crs, mode: detect}}}}"),
      "/etc/gabion/gabion.yaml", false);
  ASSERT_TRUE(config.has_value()) << config.error().front().to_string();
  ASSERT_EQ(config->waf.size(), 1U);
  const WafConfig& crs = config->waf.front();
  EXPECT_EQ(crs.name, "crs");
  EXPECT_EQ(crs.entry, "/etc/gabion/rules/crs.load");
  EXPECT_EQ(crs.paranoia, 2);
  EXPECT_EQ(crs.inbound_threshold, 10U);
  EXPECT_EQ(crs.outbound_threshold, 8U);
  EXPECT_EQ(crs.request_body, RequestBodyRule::kForms);
  EXPECT_EQ(config->waf_cache, "/etc/gabion/cache");
  const std::vector<WafExclusion> expected{
      {942100, 942100, "", "", ""}, {1, 9, "", "", "ARGS:a"}, {0, 0, "OWASP_CRS", "/x", ""}};
  EXPECT_EQ(crs.exclusions, expected);
  ASSERT_TRUE(config->profiles.front().waf.has_value());
  EXPECT_EQ(config->profiles.front().waf->name, "crs");
  EXPECT_EQ(config->profiles.front().waf->mode, WafMode::kDetect);
}

struct BadWaf {
  const char* name;
  std::string inspection;
  std::string expected;
};

class BadWafTest : public ::testing::TestWithParam<BadWaf> {};

TEST_P(BadWafTest, SaysWhatIsWrongWhere) {
  EXPECT_EQ(refusal(GetParam().inspection), GetParam().expected);
}

std::string one(const std::string& more) {
  return "{waf: {crs: {entry: e" + more + "}}}";
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadWafTest,
    ::testing::Values(
        BadWaf{"NoEntry", "{waf: {crs: {}}}", "g.yaml:7: inspection.waf.crs.entry: is required"},
        BadWaf{"UnknownKey", one(", level: 2"), "g.yaml:7: inspection.waf.crs.level: unknown key"},
        BadWaf{"Paranoia", one(", paranoia: 5"), "g.yaml:7: inspection.waf.crs.paranoia: must be 1 to 4, not 5"},
        BadWaf{"UnknownRules", "{profiles: {default: {waf: {rules: crs}}}}",
               "g.yaml:7: inspection.profiles.default.waf.rules: \"crs\" is not among inspection.waf"},
        BadWaf{"Ids", one(", exclusions: [{rule: 9-1}]"),
               "g.yaml:7: inspection.waf.crs.exclusions[0].rule: \"9-1\" is neither a rule id nor a range of them "
               "(942000-942999)"},
        BadWaf{"NeitherRuleNorTag", one(", exclusions: [{path: /a}]"),
               "g.yaml:7: inspection.waf.crs.exclusions[0]: needs either rule or tag"},
        BadWaf{"TextThatEndsTheRule", one(", exclusions: [{tag: 'a\"b'}]"),
               "g.yaml:7: inspection.waf.crs.exclusions[0].tag: must be at most 512 visible ASCII characters without "
               "\" ' \\ , ; % |"},
        BadWaf{"Path", one(", exclusions: [{rule: 1, path: a}]"),
               "g.yaml:7: inspection.waf.crs.exclusions[0].path: must begin with '/'"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gabion::config
