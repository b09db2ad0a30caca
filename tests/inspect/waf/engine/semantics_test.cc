// SecLang's semantics, case by case: which rules fire. Every case runs through the plan and through the reference.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/inspect/waf/engine/exchange.h"

namespace gabion::inspect::waf::engine {
namespace {

struct Case {
  const char* name;
  const char* rules;
  Exchange exchange;
  Ids fired;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

class SemanticsTest : public ::testing::TestWithParam<Case> {};

const std::string kOn = "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\n";

TEST_P(SemanticsTest, PlanFiresTheRules) {
  Engine engine(kOn + GetParam().rules);
  EXPECT_EQ(ids_of(engine.run(GetParam().exchange)), GetParam().fired);
}

TEST_P(SemanticsTest, ReferenceFiresTheRules) {
  auto options = Engine::quick();
  options.evaluation = plan::Options::Evaluation::kReference;
  Engine engine(kOn + GetParam().rules, options);
  EXPECT_EQ(ids_of(engine.run(GetParam().exchange)), GetParam().fired);
}

Exchange get(const char* target, Headers headers = {{"Host", "a.example"}}) {
  Exchange exchange;
  exchange.target = target;
  exchange.headers = std::move(headers);
  return exchange;
}

Exchange post(const char* type, const char* body) {
  Exchange exchange;
  exchange.method = "POST";
  exchange.headers = {{"Host", "a.example"}, {"Content-Type", type}};
  exchange.body = body;
  return exchange;
}

constexpr const char* kForm = "application/x-www-form-urlencoded";

const Case kFlow[] = {
    {"PhasesRunInOrderWhateverTheFileSays",
     "SecRule ARGS:a \"@rx 1\" \"id:2,phase:2,pass\"\nSecRule ARGS:a \"@rx 1\" \"id:1,phase:1,pass\"\n",
     get("/?a=1"),
     {1, 2}},
    {"LoggingPhaseRunsAfterADenial",
     "SecAction \"id:1,phase:1,deny\"\nSecAction \"id:2,phase:1,pass\"\nSecAction \"id:3,phase:2,pass\"\n"
     "SecAction \"id:5,phase:5,pass\"\n",
     get("/"),
     {1, 5}},
    {"SkipAfterGoesToItsMarker",
     "SecAction \"id:1,phase:1,pass,skipAfter:END\"\nSecAction \"id:2,phase:1,pass\"\nSecMarker END\n"
     "SecAction \"id:3,phase:1,pass\"\n",
     get("/"),
     {1, 3}},
    {"ASkipThatMayHappenKeepsWhatItSkips",
     "SecRule ARGS:a \"@rx 1\" \"id:1,phase:2,pass,skipAfter:END\"\nSecAction \"id:2,phase:2,pass\"\nSecMarker END\n",
     get("/?a=2"),
     {2}},
    {"SkipCountsRules",
     "SecAction \"id:1,phase:1,pass,skip:2\"\nSecAction \"id:2,phase:1,pass\"\nSecAction \"id:3,phase:1,pass\"\n"
     "SecAction \"id:4,phase:1,pass\"\n",
     get("/"),
     {1, 4}},
    {"AllowLeavesOutAllButLogging",
     "SecAction \"id:1,phase:1,allow\"\nSecAction \"id:2,phase:2,pass\"\nSecAction \"id:5,phase:5,pass\"\n",
     get("/"),
     {1, 5}},
    {"AllowPhaseLeavesOutTheRestOfThePhase",
     "SecAction \"id:1,phase:1,allow:phase\"\nSecAction \"id:2,phase:1,pass\"\nSecAction \"id:3,phase:2,pass\"\n",
     get("/"),
     {1, 3}},
    {"NologIsNotTold", "SecAction \"id:1,phase:1,pass,nolog\"\nSecAction \"id:2,phase:1,pass\"\n", get("/"), {2}},
    {"DetectionOnlyGoesOn",
     "SecRuleEngine DetectionOnly\nSecAction \"id:1,phase:1,deny\"\nSecAction \"id:2,phase:2,pass\"\n",
     get("/"),
     {1, 2}},
    {"EngineOffByCtlStops",
     "SecAction \"id:1,phase:1,pass,ctl:ruleEngine=Off\"\nSecAction \"id:2,phase:1,pass\"\n",
     get("/"),
     {1}},
};
INSTANTIATE_TEST_SUITE_P(Flow, SemanticsTest, ::testing::ValuesIn(kFlow),
                         [](const auto& tested) { return std::string(tested.param.name); });

const Case kTargets[] = {
    {"ANegatedLinkOnAnAbsentHeaderDoesNotFire",
     "SecRule REQUEST_HEADERS:Accept \"!@rx x\" \"id:1,phase:1,pass\"\n",
     get("/"),
     {}},
    {"ANegatedLinkFiresForEachValueThatDiffers",
     "SecRule ARGS \"!@rx ^1$\" \"id:1,phase:2,pass\"\n",
     get("/?a=1&b=2"),
     {1}},
    {"ACountIsAlwaysThere", "SecRule &REQUEST_HEADERS:Accept \"@eq 0\" \"id:1,phase:1,pass\"\n", get("/"), {1}},
    {"NamesCompareWithoutCase", "SecRule ARGS:Foo \"@rx 1\" \"id:1,phase:2,pass\"\n", get("/?fOO=1"), {1}},
    {"ExclusionByName", "SecRule ARGS|!ARGS:a \"@rx 1\" \"id:1,phase:2,pass\"\n", get("/?a=1&b=2"), {}},
    {"ExclusionByRegex",
     "SecRule REQUEST_COOKIES|!REQUEST_COOKIES:/^__utm/ \"@rx x\" \"id:1,phase:2,pass\"\n",
     get("/", {{"Cookie", "__utmz=x; b=y"}}),
     {}},
    {"SelectorByRegex",
     "SecRule REQUEST_COOKIES:/^DW[a-f0-9]+/ \"@rx x\" \"id:1,phase:2,pass\"\n",
     get("/", {{"Cookie", "dw12=x"}}),
     {1}},
    {"HeadersByNameAndAllOthers",
     "SecRule REQUEST_HEADERS \"@rx bad\" \"id:1,phase:1,pass\"\n"
     "SecRule REQUEST_HEADERS:User-Agent \"@rx bad\" \"id:2,phase:1,pass\"\n",
     get("/", {{"User-Agent", "bad"}}),
     {1, 2}},
    {"BodyArgumentsComeAfterThoseOfTheQuery",
     "SecRule ARGS_GET \"@rx 1\" \"id:1,phase:2,pass\"\nSecRule ARGS_POST \"@rx 1\" \"id:2,phase:2,pass\"\n"
     "SecRule ARGS_POST_NAMES \"@rx b\" \"id:3,phase:2,pass\"\n",
     post(kForm, "b=1"),
     {2, 3}},
    {"PathsAreDecodedOnceAndTheFragmentIsGone",
     "SecRule REQUEST_FILENAME \"@streq /a b\" \"id:1,phase:1,pass\"\n"
     "SecRule REQUEST_BASENAME \"@streq a b\" \"id:2,phase:1,pass\"\n"
     "SecRule QUERY_STRING \"@streq x=%31\" \"id:3,phase:1,pass\"\n"
     "SecRule REQUEST_URI_RAW \"@endsWith #f\" \"id:4,phase:1,pass\"\n",
     get("/a%20b?x=%31#f"),
     {1, 2, 3, 4}},
    {"JsonMembersAreArguments",
     "SecRule REQUEST_HEADERS:Content-Type \"@rx json\" \"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\"\n"
     "SecRule ARGS:json.a.b \"@streq 7\" \"id:2,phase:2,pass\"\n",
     post("application/json", R"({"a":{"b":7}})"),
     {2}},
    {"BrokenJsonIsAnError",
     "SecRule REQUEST_HEADERS:Content-Type \"@rx json\" \"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\"\n"
     "SecRule REQBODY_ERROR \"@eq 1\" \"id:2,phase:2,pass\"\n",
     post("application/json", R"({"a":)"),
     {2}},
    {"XmlTextAndAttributes",
     "SecRule REQUEST_HEADERS:Content-Type \"@rx xml\" \"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=XML\"\n"
     "SecRule XML:/* \"@rx text\" \"id:2,phase:2,pass\"\nSecRule XML://@* \"@rx value\" \"id:3,phase:2,pass\"\n",
     post("text/xml", "<a b=\"value\">text</a>"),
     {2, 3}},
    {"MultipartFilesAreNoArguments",
     "SecRule FILES \"@rx php$\" \"id:1,phase:2,pass\"\nSecRule FILES_NAMES \"@streq up\" \"id:2,phase:2,pass\"\n"
     "SecRule ARGS \"@rx code\" \"id:3,phase:2,pass\"\n",
     post("multipart/form-data; boundary=b",
          "--b\r\nContent-Disposition: form-data; name=\"up\"; filename=\"x.php\"\r\n\r\ncode\r\n--b--\r\n"),
     {1, 2}},
};
INSTANTIATE_TEST_SUITE_P(Targets, SemanticsTest, ::testing::ValuesIn(kTargets),
                         [](const auto& tested) { return std::string(tested.param.name); });

const Case kEffects[] = {
    {"SetvarRunsForEachMatchingValue",
     "SecRule ARGS \"@rx 1\" \"id:1,phase:2,pass,nolog,setvar:tx.n=+2\"\nSecRule TX:n \"@eq 4\" "
     "\"id:2,phase:2,pass\"\n",
     get("/?a=1&b=1&c=2"),
     {2}},
    {"SetvarOfALinkCountsThoughTheChainFails",
     "SecRule ARGS:a \"@rx 1\" \"id:1,phase:2,pass,chain,setvar:tx.n=1\"\nSecRule ARGS:b \"@rx 1\"\n"
     "SecRule TX:n \"@eq 1\" \"id:2,phase:2,pass\"\n",
     get("/?a=1"),
     {2}},
    {"NamesMadeByMacro",
     "SecRule ARGS_NAMES \"@rx .\" \"id:1,phase:2,pass,nolog,setvar:'tx.count_%{MATCHED_VAR_NAME}=+1'\"\n"
     "SecRule TX:/^count_/ \"@gt 1\" \"id:2,phase:2,pass,chain\"\n"
     "SecRule MATCHED_VARS_NAMES \"@rx ^TX:count_ARGS_NAMES:a$\"\n",
     get("/?a=1&a=2&b=3"),
     {2}},
    {"AMacroNameMayMeetAStaticOne",
     "SecRule ARGS:a \"@rx .\" \"id:1,phase:2,pass,nolog,setvar:'tx.%{MATCHED_VAR}=7'\"\n"
     "SecRule TX:level \"@eq 7\" \"id:2,phase:2,pass\"\n",
     get("/?a=LEVEL"),
     {2}},
    {"CapturesAreVariables",
     "SecRule ARGS:a \"@rx ^(..)(.)\" \"id:1,phase:2,pass,nolog,capture,setvar:'tx.x=%{TX.2}'\"\n"
     "SecRule TX:x \"@streq c\" \"id:2,phase:2,pass\"\nSecRule TX:1 \"@streq ab\" \"id:3,phase:2,pass\"\n",
     get("/?a=abc"),
     {2, 3}},
    {"MatchedVarsHoldTransformedValuesOfThisChain",
     "SecRule ARGS \"@rx abc\" \"id:1,phase:2,pass,t:lowercase,chain\"\nSecRule MATCHED_VARS \"@rx ^abc(1|2)$\" "
     "\"chain\"\n"
     "SecRule MATCHED_VAR \"@rx 2$\"\n",
     get("/?x=ABC1&y=ABC2"),
     {1}},
    {"MatchedVarsDoNotLeakFromTheRuleBefore",
     "SecRule ARGS:a \"@rx 1\" \"id:1,phase:2,pass\"\n"
     "SecRule ARGS:b \"@rx 2\" \"id:2,phase:2,pass,chain\"\nSecRule MATCHED_VARS \"@rx 1\"\n",
     get("/?a=1&b=2"),
     {1}},
    {"MultiMatchSeesEachStep",
     "SecRule ARGS:a \"@rx ^%41$\" \"id:1,phase:2,pass,t:urlDecodeUni,multiMatch\"\n"
     "SecRule ARGS:a \"@rx ^A$\" \"id:2,phase:2,pass,t:urlDecodeUni,multiMatch\"\n"
     "SecRule ARGS:a \"@rx ^a$\" \"id:3,phase:2,pass,t:urlDecodeUni,t:lowercase,multiMatch\"\n",
     get("/?a=%2541"),
     {1, 2, 3}},
    {"UnsetIsNotThere",
     "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=1\"\nSecAction \"id:2,phase:1,pass,nolog,setvar:!tx.a\"\n"
     "SecRule &TX:a \"@eq 0\" \"id:3,phase:1,pass\"\n",
     get("/"),
     {3}},
    {"MacrosInOperators",
     "SecAction \"id:1,phase:1,pass,nolog,setvar:'tx.allowed=GET HEAD'\"\n"
     "SecRule REQUEST_METHOD \"!@within %{tx.allowed}\" \"id:2,phase:1,pass\"\n"
     "SecRule REQUEST_HEADERS:Host \"@rx ^%{SERVER_NAME}$\" \"id:3,phase:1,pass\"\n",
     get("/"),
     {3}},
};
INSTANTIATE_TEST_SUITE_P(Effects, SemanticsTest, ::testing::ValuesIn(kEffects),
                         [](const auto& tested) { return std::string(tested.param.name); });

const Case kControls[] = {
    {"RemoveById",
     "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2-3\"\nSecAction \"id:2,phase:1,pass\"\n"
     "SecAction \"id:3,phase:2,pass\"\nSecAction \"id:4,phase:2,pass\"\n",
     get("/"),
     {4}},
    {"RemoveByTag",
     "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveByTag=attack\"\n"
     "SecRule ARGS \"@rx 1\" \"id:2,phase:2,pass,tag:attack\"\nSecRule ARGS \"@rx 1\" \"id:3,phase:2,pass\"\n",
     get("/?a=1"),
     {3}},
    {"RemoveTargetById",
     "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:a\"\n"
     "SecRule ARGS \"@rx 1\" \"id:2,phase:2,pass\"\nSecRule ARGS \"@rx 1\" \"id:3,phase:2,pass\"\n",
     get("/?a=1"),
     {3}},
    {"RemoveTargetByTag",
     "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=t;REQUEST_FILENAME\"\n"
     "SecRule REQUEST_FILENAME|ARGS \"@rx 1\" \"id:2,phase:2,pass,tag:t\"\n",
     get("/1?a=2"),
     {}},
    {"ARemovedSkipDoesNotSkip",
     "SecRule ARGS:off \"@eq 1\" \"id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2\"\n"
     "SecAction \"id:2,phase:1,pass,nolog,skipAfter:END\"\nSecAction \"id:3,phase:1,pass\"\nSecMarker END\n",
     get("/?off=1"),
     {3}},
};
INSTANTIATE_TEST_SUITE_P(Controls, SemanticsTest, ::testing::ValuesIn(kControls),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gabion::inspect::waf::engine
