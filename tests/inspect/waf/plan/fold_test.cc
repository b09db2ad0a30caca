// What is decided at compile time, and what must not be.
#include "inspect/waf/plan/fold.h"

#include <gtest/gtest.h>

#include <ostream>

#include "tests/inspect/waf/engine/exchange.h"

namespace gabion::inspect::waf::plan {
namespace {

struct Case {
  const char* name;
  const char* rules;
  std::vector<std::uint32_t> left;  ///< ids of the rules that remain
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

class FoldTest : public ::testing::TestWithParam<Case> {};

TEST_P(FoldTest, LeavesTheRules) {
  const engine::Engine engine(std::string("SecRuleEngine On\n") + GetParam().rules);
  std::vector<std::uint32_t> left;
  for (const auto& rule : engine.plan().rules) {
    left.push_back(rule.id);
  }
  EXPECT_EQ(left, GetParam().left);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, FoldTest,
    ::testing::Values(
        Case{"ADefaultThatIsAlreadySet",
             "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.level=2\"\n"
             "SecRule &TX:level \"@eq 0\" \"id:2,phase:1,pass,nolog,setvar:tx.level=1\"\n"
             "SecRule TX:level \"@eq 2\" \"id:3,phase:2,pass,chain\"\nSecRule ARGS \"@rx x\"\n",
             {3}},
        Case{"ALevelThatIsOff",
             "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.level=1\"\n"
             "SecRule TX:level \"@lt 2\" \"id:2,phase:2,pass,nolog,skipAfter:END\"\n"
             "SecRule ARGS \"@rx x\" \"id:3,phase:2,pass\"\nSecMarker END\n"
             "SecRule ARGS \"@rx y\" \"id:4,phase:2,pass\"\n",
             {4}},
        Case{"ALevelThatARequestMayChange",
             "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.level=1\"\n"
             "SecRule ARGS:l \"@rx 2\" \"id:5,phase:1,pass,nolog,setvar:tx.level=2\"\n"
             "SecRule TX:level \"@lt 2\" \"id:2,phase:2,pass,nolog,skipAfter:END\"\n"
             "SecRule ARGS \"@rx x\" \"id:3,phase:2,pass\"\nSecMarker END\n",
             {5, 2, 3}},
        Case{"ALevelThatAMacroNameMayChange",
             "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.level=1\"\n"
             "SecRule ARGS:l \"@rx .\" \"id:5,phase:1,pass,nolog,setvar:'tx.le%{MATCHED_VAR}=2'\"\n"
             "SecRule TX:level \"@lt 2\" \"id:2,phase:2,pass,nolog,skipAfter:END\"\n"
             "SecRule ARGS \"@rx x\" \"id:3,phase:2,pass\"\nSecMarker END\n",
             {5, 2, 3}},
        Case{"ASkipThatACtlMayRemove",
             "SecRule ARGS:l \"@rx 2\" \"id:5,phase:1,pass,nolog,ctl:ruleRemoveById=2\"\n"
             "SecAction \"id:2,phase:2,pass,nolog,skipAfter:END\"\n"
             "SecRule ARGS \"@rx x\" \"id:3,phase:2,pass\"\nSecMarker END\n",
             {5, 2, 3}},
        Case{"ASkipThatIsRemovedWithAllItSkips",
             "SecRule ARGS:l \"@rx 2\" \"id:5,phase:1,pass,nolog,ctl:ruleRemoveById=2-3\"\n"
             "SecAction \"id:2,phase:2,pass,nolog,skipAfter:END\"\n"
             "SecRule ARGS \"@rx x\" \"id:3,phase:2,pass\"\nSecMarker END\n",
             {5}},
        Case{"AVariableThatAnEarlierRuleReads",
             "SecRule &TX:a \"@eq 0\" \"id:1,phase:1,pass\"\nSecAction \"id:2,phase:1,pass,nolog,setvar:tx.a=1\"\n",
             {1, 2}},
        Case{"AVariableSetOnOneWayOnly",
             "SecRule ARGS \"@rx x\" \"id:1,phase:1,pass,nolog,skipAfter:END\"\n"
             "SecAction \"id:2,phase:1,pass,nolog,setvar:tx.a=1\"\nSecMarker END\n",
             {1, 2}},
        Case{"LoggedRulesStay", "SecAction \"id:1,phase:1,pass,setvar:tx.a=1\"\n", {1}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(FoldTest, InitialValuesAreThereFromTheStart) {
  engine::Engine engine(
      "SecRuleEngine On\nSecAction \"id:1,phase:1,pass,nolog,setvar:'tx.text=a long text that is no small string'\"\n"
      "SecAction \"id:2,phase:1,pass,nolog,setvar:tx.n=+3\"\nSecAction \"id:3,phase:1,pass,nolog,setvar:tx.n=+4\"\n"
      "SecRule TX:n \"@eq 7\" \"id:4,phase:2,pass\"\n"
      "SecRule TX:text \"@streq a long text that is no small string\" \"id:5,phase:2,pass\"\n");
  EXPECT_EQ(engine.plan().folded, 3U);
  EXPECT_EQ(engine::ids_of(engine.run({})), (engine::Ids{4, 5}));
}

}  // namespace
}  // namespace gabion::inspect::waf::plan
