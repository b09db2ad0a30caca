// `inspection.dlp`: what is read, and each way it can be wrong.
#include "config/dlp_config.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "config/proxy_config.h"
#include "tests/config/inspection_text.h"

namespace gabion::config {
namespace {

TEST(DlpConfig, AProfileThatLooksForCardsTakesThePlaceOfPaymentCards) {
  const auto cards = [](const std::string& inspection) {
    const auto config = parse_proxy_config(with_inspection(inspection), "g.yaml", false);
    return config ? std::optional(config->profiles.front().payment_cards) : std::nullopt;
  };
  EXPECT_EQ(cards("{profiles: {default: {dlp: pci}}}"), FindingAction::kOff);
  EXPECT_EQ(cards("{profiles: {default: {dlp: secrets}}}"), FindingAction::kMask);
  EXPECT_EQ(cards("{profiles: {default: {dlp: pci, paymentCards: block}}}"), FindingAction::kBlock);
  EXPECT_EQ(cards("{dlp: {profiles: {a: {types: [default]}}}, profiles: {default: {dlp: a}}}"), FindingAction::kOff);
  EXPECT_EQ(cards("{dlp: {profiles: {a: {types: [default, -CREDIT_CARD]}}}, profiles: {default: {dlp: a}}}"),
            FindingAction::kMask);
}

TEST(DlpConfig, ReadsAWholeProfile) {
  const auto config = parse_proxy_config(
      with_inspection(R"({dlp: {keyFile: dlp.key, profiles: {people: {types: [default, -EMAIL_ADDRESS, +IMEI],
    custom: [{name: EMPLOYEE_NUMBER, pattern: '\bEMP-[0-9]{6}[A-Z]\b', validator: luhn,
              cues: {words: [employee], fields: [emp_no], required: true}, ignore: ['EMP-000000A'],
              examples: {match: ['employee EMP-123456K'], noMatch: ['TEMP-123456K']}}],
    rules: [{types: [CREDIT_CARD], direction: response, action: mask, keepFirst: 6, keepLast: 4, fill: x},
            {types: [secrets], action: block}, {action: token, tokenLength: same, blockOver: 20},
            {types: [EMAIL_ADDRESS], action: replace, replacement: '[gone]', exceptFields: [/me/email]}],
    allow: ['4111111111111111'], minScore: 60, budget: {records: 1000, per: 1h}}}},
    profiles: {default: {dlp: people}}})"),
      "/etc/gabion/gabion.yaml", false);
  ASSERT_TRUE(config.has_value()) << config.error().front().to_string();
  EXPECT_EQ(config->dlp.key_file, "/etc/gabion/dlp.key");
  EXPECT_EQ(config->profiles.front().dlp, "people");
  ASSERT_EQ(config->dlp.profiles.size(), 1U);
  const DlpProfile& people = config->dlp.profiles.front();
  ASSERT_EQ(people.types.size(), 3U);
  EXPECT_EQ(people.types[1].text, "-EMAIL_ADDRESS");
  EXPECT_EQ(people.types[1].where, "/etc/gabion/gabion.yaml:7: inspection.dlp.profiles.people.types[1]");
  ASSERT_EQ(people.custom.size(), 1U);
  EXPECT_EQ(people.custom[0].pattern.text, R"(\bEMP-[0-9]{6}[A-Z]\b)");
  EXPECT_TRUE(people.custom[0].cue_required);
  EXPECT_EQ(people.custom[0].match.size(), 1U);
  ASSERT_EQ(people.rules.size(), 4U);
  EXPECT_EQ(people.rules[0].direction, DlpDirection::kResponse);
  EXPECT_EQ(people.rules[0].treatment.keep_first, 6);
  EXPECT_EQ(people.rules[0].treatment.fill, 'x');
  EXPECT_EQ(people.rules[1].treatment.action, DlpAction::kBlock);
  EXPECT_EQ(people.rules[2].treatment.token_length, TokenLength::kSame);
  EXPECT_EQ(people.rules[2].treatment.block_over, 20U);
  EXPECT_EQ(people.rules[3].treatment.replacement, "[gone]");
  EXPECT_EQ(people.rules[3].except_fields, std::vector<std::string>{"/me/email"});
  EXPECT_EQ(people.min_score, 60);
  EXPECT_EQ(people.budget.records, 1'000U);
  EXPECT_EQ(people.budget.per, std::chrono::hours(1));
}

TEST(DlpConfig, GroupsOfTheCatalogueAreProfilesWithoutBeingWritten) {
  EXPECT_EQ(refusal("{profiles: {default: {dlp: pci}}}"), "");
}

struct BadDlp {
  const char* name;
  std::string inspection;
  std::string expected;
};

class BadDlpTest : public ::testing::TestWithParam<BadDlp> {};

TEST_P(BadDlpTest, IsRefusedWithItsPlace) {
  EXPECT_NE(refusal(GetParam().inspection).find(GetParam().expected), std::string::npos)
      << refusal(GetParam().inspection);
}

std::string with_rule(const std::string& rule) {
  return "{dlp: {profiles: {a: {types: [default], rules: [" + rule + "]}}}}";
}

INSTANTIATE_TEST_SUITE_P(
    Ways, BadDlpTest,
    ::testing::Values(
        BadDlp{"UnknownProfile", "{profiles: {default: {dlp: nobody}}}",
               "g.yaml:7: inspection.profiles.default.dlp: \"nobody\" is neither among inspection.dlp.profiles nor "
               "built in (default, pci, gdpr, hipaa, secrets)"},
        BadDlp{"BuiltInName", "{dlp: {profiles: {pci: {types: [default]}}}}",
               "inspection.dlp.profiles.pci: \"pci\" is"},
        BadDlp{"NoTypes", "{dlp: {profiles: {a: {minScore: 50}}}}", "inspection.dlp.profiles.a.types: is required"},
        BadDlp{"UnknownAction", with_rule("{action: hide}"), "rules[0].action: must be one of log, mask, replace"},
        BadDlp{"NoAction", with_rule("{types: [CREDIT_CARD]}"), "rules[0].action: is required"},
        BadDlp{"KeptOfABlock", with_rule("{action: block, keepLast: 4}"), "rules[0].keepLast: is for action mask"},
        BadDlp{"LengthOfAMask", with_rule("{action: mask, tokenLength: same}"), "tokenLength: is for action token"},
        BadDlp{"Fill", with_rule("{action: mask, fill: '\"'}"), "rules[0].fill: must be one of"},
        BadDlp{"Replacement", with_rule("{action: replace, replacement: 'a\"b'}"), "replacement: must be at most 64"},
        BadDlp{"CustomName",
               "{dlp: {profiles: {a: {types: [default], custom: [{name: emp, pattern: 'x{5}', "
               "examples: {match: [a], noMatch: [b]}}]}}}}",
               "custom[0].name: \"emp\" is not a type's name"},
        BadDlp{"NoExamples", "{dlp: {profiles: {a: {types: [default], custom: [{name: EMP, pattern: 'x{5}'}]}}}}",
               "custom[0].examples: is required"},
        BadDlp{"CueWithoutWords",
               "{dlp: {profiles: {a: {types: [default], custom: [{name: EMP, pattern: 'x{5}', "
               "cues: {required: true}, examples: {match: [a], noMatch: [b]}}]}}}}",
               "cues: required needs words or fields"},
        BadDlp{"Budget", "{dlp: {profiles: {a: {types: [default], budget: {records: 0}}}}}", "budget.records"},
        BadDlp{"UnknownKey", "{dlp: {profile: {}}}", "inspection.dlp.profile: unknown key"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gabion::config
