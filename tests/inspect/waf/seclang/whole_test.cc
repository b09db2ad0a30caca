// What only the whole of a load decides: default actions, removals and updates, chains; and any text cut anywhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "inspect/waf/seclang/load.h"

namespace gabion::inspect::waf::seclang {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

RuleSet loaded(std::string_view text) {
  auto rules = load_text(text, "r.conf");
  EXPECT_TRUE(rules.has_value()) << rules.error().front().to_string() << "\n" << text;
  return rules ? std::move(*rules) : RuleSet{};
}

const Rule& rule_at(const RuleSet& rules, std::size_t index) {
  return std::get<Rule>(rules.items.at(index));
}

std::vector<std::uint32_t> ids_of(std::string_view text) {
  const RuleSet rules = loaded(text);
  std::vector<std::uint32_t> ids;
  for (const Item& item : rules.items) {
    ids.push_back(std::get<Rule>(item).id);
  }
  return ids;
}

TEST(DefaultActionsTest, BlockIsWhatThePhaseSays) {
  const RuleSet rules = loaded(
      "SecRule ARGS a id:1,phase:1,block\n"
      "SecRule ARGS a id:2,phase:2,block\n"
      "SecRule ARGS a id:3,phase:3,block\n"
      "SecRule ARGS a id:4,phase:1,block,status:404\n"
      "SecRule ARGS a id:5,phase:1\n"
      "SecRule ARGS a id:6,phase:1,pass,block,deny\n"
      "SecRule ARGS a id:7,phase:4,block\n"
      "SecDefaultAction \"phase:1,nolog,deny,status:406\"\n"
      "SecDefaultAction \"phase:2,log,noauditlog,drop\"\n"
      "SecDefaultAction \"phase:4,redirect:https://a/%{UNIQUE_ID}\"\n");
  const struct {
    bool is_block;
    Disruption disruption;
    int status;
    bool log;
    bool audit_log;
  } wanted[] = {
      {true, Disruption::kDeny, 406, false, false},   {true, Disruption::kDrop, 403, true, false},
      {true, Disruption::kPass, 403, true, true},     {true, Disruption::kDeny, 404, false, false},
      {false, Disruption::kPass, 403, false, false},  {false, Disruption::kDeny, 403, false, false},
      {true, Disruption::kRedirect, 302, true, true},
  };
  for (std::size_t i = 0; i < std::size(wanted); ++i) {
    const Rule& rule = rule_at(rules, i);
    EXPECT_EQ(rule.is_block, wanted[i].is_block) << rule.id;
    EXPECT_EQ(rule.disruption, wanted[i].disruption) << rule.id;
    EXPECT_EQ(rule.status, wanted[i].status) << rule.id;
    EXPECT_EQ(rule.log, wanted[i].log) << rule.id;
    EXPECT_EQ(rule.audit_log, wanted[i].audit_log) << rule.id;
  }
  EXPECT_THAT(rule_at(rules, 6).redirect, SizeIs(2));
}

TEST(DefaultActionsTest, TransformationsComeFirstUnlessForgotten) {
  const RuleSet rules = loaded(
      "SecDefaultAction \"phase:2,pass,t:lowercase\"\n"
      "SecRule ARGS a \"id:1,phase:2,t:trim,chain\"\n"
      "  SecRule ARGS b \"t:none,t:length\"\n"
      "SecRule ARGS a \"id:2,phase:1\"\n");
  using T = Transformation;
  EXPECT_THAT(rule_at(rules, 0).links[0].transformations, ElementsAre(T::kLowercase, T::kTrim));
  EXPECT_THAT(rule_at(rules, 0).links[1].transformations, ElementsAre(T::kLength));
  EXPECT_THAT(rule_at(rules, 1).links[0].transformations, IsEmpty());
}

TEST(LogWordsTest, NologSpeaksOfBothLogs) {
  const RuleSet rules = loaded("SecAction id:1,nolog\nSecAction id:2,nolog,auditlog\nSecAction id:3,noauditlog\n");
  EXPECT_FALSE(rule_at(rules, 0).log || rule_at(rules, 0).audit_log);
  EXPECT_TRUE(!rule_at(rules, 1).log && rule_at(rules, 1).audit_log);
  EXPECT_TRUE(rule_at(rules, 2).log && !rule_at(rules, 2).audit_log);
}

TEST(ChainTest, LinksKeepTheirOwnPartsAndShareMetadata) {
  const RuleSet rules = loaded(
      "SecRule ARGS a \"id:1,phase:1,deny,setvar:tx.a=1,logdata:'first',msg:'m',tag:x,chain\"\n"
      "  SecAction \"setvar:tx.b=1,chain\"\n"
      "  SecRule TX:A b \"logdata:'last',tag:y\"\n");
  ASSERT_THAT(rules.items, SizeIs(1));
  const Rule& rule = rule_at(rules, 0);
  ASSERT_THAT(rule.links, SizeIs(3));
  EXPECT_THAT(rule.links[0].set_variables, SizeIs(1));
  EXPECT_THAT(rule.links[1].targets, IsEmpty());
  EXPECT_EQ(rule.links[2].place.line, 3U);
  EXPECT_EQ(literal_of(rule.log_data), "last");
  EXPECT_EQ(literal_of(rule.message), "m");
  EXPECT_THAT(rule.tags, ElementsAre("x", "y"));
}

constexpr std::string_view kFour =
    "SecRule ARGS a \"id:1,tag:T,msg:'One'\"\nSecRule ARGS a \"id:2,tag:T,tag:U\"\n"
    "SecRule ARGS a \"id:30,tag:V,chain\"\nSecRule ARGS b\nSecAction \"id:31,tag:T\"\n";

TEST(RevisionTest, RemovalsHoldWhereverTheyStand) {
  const auto ids = [](const std::string& directive) {
    EXPECT_EQ(ids_of(std::string(kFour) + directive), ids_of(directive + "\n" + std::string(kFour)));
    return ids_of(std::string(kFour) + directive);
  };
  EXPECT_THAT(ids("SecRuleRemoveById 2"), ElementsAre(1, 30, 31));
  EXPECT_THAT(ids("SecRuleRemoveById 1 \"3-30, 31\""), ElementsAre(2));
  EXPECT_THAT(ids("SecRuleRemoveById \"2-31\""), ElementsAre(1));
  EXPECT_THAT(ids("SecRuleRemoveByTag T"), ElementsAre(30));
  EXPECT_THAT(ids("SecRuleRemoveByMsg One"), ElementsAre(2, 30, 31));
}

TEST(RevisionTest, ChoicesThatMeetNoRuleWarn) {
  for (const std::string directive : {"SecRuleRemoveById 9", "SecRuleRemoveByTag t", "SecRuleRemoveByMsg O",
                                      "SecRuleUpdateTargetById 9 !ARGS:a", "SecRuleUpdateActionById 9 pass"}) {
    const std::string name = directive.substr(0, directive.find(' '));
    const RuleSet rules = loaded(std::string(kFour) + directive);
    EXPECT_THAT(rules.warnings, ElementsAre("r.conf:6: " + name + " meets no rule"));
    EXPECT_THAT(rules.items, SizeIs(4));
  }
}

TEST(RevisionTest, TargetsAreAddedToTheFirstLink) {
  const RuleSet rules = loaded(std::string(kFour) +
                               "SecRuleUpdateTargetById 30 \"!ARGS:x,!ARGS:/^_ga(?:_\\w+)?$/|REQUEST_URI\"\n"
                               "SecRuleUpdateTargetByTag T \"!ARGS:y\"\nSecRuleUpdateTargetByMsg One !ARGS_NAMES:z\n");
  EXPECT_THAT(rule_at(rules, 0).links[0].targets, SizeIs(3));
  EXPECT_THAT(rule_at(rules, 1).links[0].targets, SizeIs(2));
  ASSERT_THAT(rule_at(rules, 2).links[0].targets, SizeIs(4));
  EXPECT_TRUE(rule_at(rules, 2).links[0].targets[2].exclude);
  EXPECT_EQ(rule_at(rules, 2).links[0].targets[2].selector, "^_ga(?:_\\w+)?$");
  EXPECT_THAT(rule_at(rules, 2).links[1].targets, SizeIs(1));
  EXPECT_THAT(rule_at(rules, 3).links[0].targets, IsEmpty());
}

TEST(RevisionTest, ActionsAreReplacedAndAdded) {
  const RuleSet rules = loaded(std::string(kFour) +
                               "SecRuleUpdateActionById 2 \"deny,status:418,nolog,msg:'new',tag:W,t:none,t:trim,"
                               "severity:2,setvar:tx.a=1\"\n");
  const Rule& rule = rule_at(rules, 1);
  EXPECT_EQ(rule.disruption, Disruption::kDeny);
  EXPECT_EQ(rule.status, 418);
  EXPECT_FALSE(rule.log);
  EXPECT_EQ(literal_of(rule.message), "new");
  EXPECT_THAT(rule.tags, ElementsAre("T", "U", "W"));
  EXPECT_THAT(rule.links[0].transformations, ElementsAre(Transformation::kTrim));
  EXPECT_THAT(rule.links[0].set_variables, SizeIs(1));
  EXPECT_EQ(rule.severity, Severity::kCritical);
}

TEST(RevisionTest, ARemovedRuleNeedsNoMarker) {
  EXPECT_THAT(ids_of("SecAction id:1,skipAfter:GONE\nSecAction id:2\nSecRuleRemoveById 1"), ElementsAre(2));
}

TEST(MarkerTest, StandInTheOrderOfTheText) {
  const RuleSet rules = loaded("SecMarker A\nSecAction id:1,skipAfter:A\nSecMarker \"A\"\n");
  ASSERT_THAT(rules.items, SizeIs(3));
  EXPECT_EQ(std::get<Marker>(rules.items[2]).name, "A");
  EXPECT_EQ(std::get<Marker>(rules.items[2]).place.line, 3U);
}

// Every prefix and every text with one byte gone is loaded or refused with a place.
TEST(CutTest, AnyTextIsAnswered) {
  const std::string text =
      "SecDefaultAction \"phase:1,log,pass\"\nSecRule ARGS|!ARGS:/a b/|XML:/*|TX:'/x/' \"!@pm a |41| \\\"\" \\\n"
      "  \"id:1,\\\n  # c\n  phase:1,msg:'it\\'s %{tx.0}',ctl:ruleRemoveTargetById=1-2;ARGS:a,chain\"\n"
      "  SecRule TX:1 \"@validateByteRange 1-2\" \"setvar:'tx.a_%{tx.1}=+%{tx.b}',t:none,skipAfter:M\"\n"
      "SecMarker M\nSecRuleUpdateTargetById 1 \"!ARGS:a,!ARGS:b\"\n";
  const auto expect_answer = [](const std::string& cut) {
    const auto answer = load_text(cut, "r.conf");
    if (answer.has_error()) {
      ASSERT_FALSE(answer.error().empty());
      for (const auto& error : answer.error()) {
        EXPECT_EQ(error.where.rfind("r.conf:", 0), 0U);
        EXPECT_FALSE(error.what.empty());
      }
    }
  };
  for (std::size_t at = 0; at <= text.size(); ++at) {
    expect_answer(text.substr(0, at));
    expect_answer(text.substr(at));
    std::string without = text;
    expect_answer(without.erase(at, 1));
  }
}

}  // namespace
}  // namespace gabion::inspect::waf::seclang
