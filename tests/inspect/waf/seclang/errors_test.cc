// Every way to write something that is not understood: the load fails and says what, where and in which rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "inspect/waf/seclang/load.h"

namespace gabion::inspect::waf::seclang {
namespace {

using testing::ElementsAre;

std::vector<std::string> errors_of(std::string_view text) {
  std::vector<std::string> list;
  const auto loaded = load_text(text, "r.conf");
  if (loaded.has_error()) {
    for (const auto& error : loaded.error()) {
      list.push_back(error.to_string());
    }
  }
  return list;
}

struct Wrong {
  std::string text;
  std::string error;
};

void expect_each(const std::vector<Wrong>& cases) {
  for (const auto& [text, error] : cases) {
    EXPECT_THAT(errors_of(text), ElementsAre("r.conf:1: " + error)) << text;
  }
}

/// "TARGETS OPERATOR ACTIONS" of rule 7.
std::string rule(const std::string& targets, const std::string& op, const std::string& actions) {
  return "SecRule " + targets + " \"" + op + "\" \"id:7,phase:1,pass" + (actions.empty() ? "" : ",") + actions + "\"";
}

TEST(SecLangErrorsTest, Directives) {
  expect_each({
      {"SecFoo On", "directive \"SecFoo\" is not supported"},
      {"SecRuleScript a.lua", "directive \"SecRuleScript\" is not supported"},
      {"SecRemoteRules key https://example.com", "directive \"SecRemoteRules\" is not supported"},
      {"<IfModule security2_module>", "\"<IfModule\" is Apache's, not SecLang: include the rule files without it"},
      {"\"id:1,pass\"", "a directive cannot begin with a quote; the line before it may lack its '\\' at the end"},
      {"SecRuleEngine Maybe", "SecRuleEngine: \"Maybe\" is not On or Off or DetectionOnly"},
      {"SecRuleEngine", "SecRuleEngine: it takes one value, not 0"},
      {"SecRuleEngine On Off", "SecRuleEngine: it takes one value, not 2"},
      {"SecRequestBodyAccess 1", "SecRequestBodyAccess: \"1\" is not On or Off"},
      {"SecRequestBodyLimit -1", "SecRequestBodyLimit: \"-1\" is not a number above 0 that fits"},
      {"SecRequestBodyLimit 99999999999999999999",
       "SecRequestBodyLimit: \"99999999999999999999\" is not a number above 0 that fits"},
      {"SecArgumentsLimit 4294967296", "SecArgumentsLimit: \"4294967296\" is not a number above 0 that fits"},
      {"SecRequestBodyLimitAction Drop", "SecRequestBodyLimitAction: \"Drop\" is not Reject or ProcessPartial"},
      {"SecArgumentSeparator ab", "SecArgumentSeparator: \"ab\" is not one byte"},
      {"SecCookieFormat 1", "SecCookieFormat: \"1\" is not 0: version 1 cookies are not supported"},
      {"SecUnicodeMapFile unicode.mapping 1252",
       "SecUnicodeMapFile: only code page 20127 is supported; it is built in"},
      {"SecXmlExternalEntity On", "SecXmlExternalEntity: \"On\" is not Off: external entities are never read"},
      {"SecResponseBodyMimeType", "SecResponseBodyMimeType: no content type is named"},
      {"SecMarker", "SecMarker: it takes 1 quoted or bare words, not 0"},
      {"SecMarker \"never closed", "the quote before \"never closed\" is never closed"},
      {"SecMarker \"a\"b", "\"b\" stands right after a closing quote"},
  });
}

TEST(SecLangErrorsTest, DefaultActions) {
  expect_each({
      {"SecDefaultAction \"log,pass\"", "SecDefaultAction: it needs a phase"},
      {"SecDefaultAction \"phase:1,log\"", "SecDefaultAction: it needs pass, deny, drop, redirect or allow"},
      {"SecDefaultAction \"phase:1,block\"", "SecDefaultAction: it needs pass, deny, drop, redirect or allow"},
      {"SecDefaultAction \"phase:1,pass,t:none\"",
       "SecDefaultAction: only phase, log words, a disruptive action, status and t: (but t:none) belong here"},
      {"SecDefaultAction \"phase:1,pass,tag:x\"",
       "SecDefaultAction: only phase, log words, a disruptive action, status and t: (but t:none) belong here"},
  });
  EXPECT_THAT(errors_of("SecDefaultAction phase:1,pass\nSecDefaultAction phase:2,pass\nSecDefaultAction phase:1,deny"),
              ElementsAre("r.conf:3: SecDefaultAction: phase 1 has its default actions already, from r.conf:1"));
}

TEST(SecLangErrorsTest, Targets) {
  expect_each({
      {rule("NOPE", "@rx a", ""), "rule 7: unknown variable \"NOPE\""},
      {rule("ARGS||ARGS", "@rx a", ""), "rule 7: a variable's name is missing"},
      {rule("ARGS|", "@rx a", ""), "rule 7: a target is missing after the last separator"},
      {rule("ARGS:", "@rx a", ""), "rule 7: the selector of ARGS is empty"},
      {rule("ARGS://", "@rx a", ""), "rule 7: the selector of ARGS is empty"},
      {rule("ARGS:/never", "@rx a", ""), "rule 7: the regex selector \"/never\" does not end with '/'"},
      {rule("ARGS:'/never/", "@rx a", ""), "rule 7: the quoted selector \"'/never/\" does not end"},
      {rule("REQUEST_METHOD:x", "@rx a", ""), "rule 7: REQUEST_METHOD is one value and takes no selector"},
      {rule("&!ARGS|ARGS", "@rx a", ""), "rule 7: !&ARGS: a count cannot be excluded"},
      {rule("&&ARGS", "@rx a", ""), "rule 7: '&' is written twice before a variable"},
      {rule("!ARGS:a", "@rx a", ""), "rule 7: it only excludes targets and looks at none"},
      {rule("XML:/a/b", "@rx a", ""), "rule 7: XPath \"/a/b\" is not supported: only XML:/* and XML://@* are"},
      {rule("XML", "@rx a", ""), "rule 7: XML needs a selector"},
      {rule("ARGS:'a'b", "@rx a", ""), "rule 7: \"b\" stands after the end of a target"},
      {rule("\"\"", "@rx a", ""), "rule 7: no variable to look at"},
  });
}

TEST(SecLangErrorsTest, Operators) {
  expect_each({
      {rule("ARGS", "@inspectFile x", ""), "rule 7: operator @inspectFile is not supported"},
      {rule("ARGS", "@verifyCC \\d", ""), "rule 7: operator @verifyCC is not supported"},
      {rule("ARGS", "", ""), "rule 7: the operator is empty"},
      {rule("ARGS", "!", ""), "rule 7: the operator is empty"},
      {rule("ARGS", "@rx", ""), "rule 7: @rx needs an argument"},
      {rule("ARGS", "@within  ", ""), "rule 7: @within needs an argument"},
      {rule("ARGS", "@eq x", ""), "rule 7: @eq: \"x\" is neither a number nor a macro"},
      {rule("ARGS", "@detectSQLi x", ""), "rule 7: @detectSQLi takes no argument, not \"x\""},
      {rule("ARGS", "@streq %{nope.a}", ""), "rule 7: macro %{nope.a} names no variable that is known"},
      {rule("ARGS", "@validateByteRange 1-256", ""),
       "rule 7: @validateByteRange: \"1-256\" is no byte 0-255 and no range like 32-126"},
      {rule("ARGS", "@validateByteRange 9-1,10", ""),
       "rule 7: @validateByteRange: \"9-1\" is no byte 0-255 and no range like 32-126"},
      {rule("ARGS", "@pm a |4|", ""), "rule 7: @pm: \"4\" between '|' is not bytes in hex"},
      {rule("ARGS", "@pm a |41", ""), "rule 7: @pm: '|' begins bytes in hex that do not end with '|'"},
      {rule("ARGS", "@pm a\\b", ""), "rule 7: @pm: '\\' stands before something other than | : ; \" \\"},
      {rule("REMOTE_ADDR", "@ipMatch 10.0.0.0/8,10.0.0", ""),
       "rule 7: \"10.0.0\" is no IP address and no network like 10.0.0.0/8"},
      {rule("ARGS", "@pmFromFile none.data", ""), "rule 7: @pmFromFile: none.data: No such file or directory"},
      {rule("ARGS", "@ipMatchFromFile https://example.com/list", ""),
       "rule 7: @ipMatchFromFile: https:/example.com/list: No such file or directory"},
  });
}

TEST(SecLangErrorsTest, Actions) {
  expect_each({
      {rule("ARGS", "a", "exec:/bin/true"), "rule 7: action \"exec\" is not supported"},
      {rule("ARGS", "a", "sanitiseMatched"), "rule 7: action \"sanitiseMatched\" is not supported"},
      {rule("ARGS", "a", "capture:1"), "rule 7: action capture takes no value, not \"1\""},
      {rule("ARGS", "a", "msg"), "rule 7: action msg needs a value"},
      {rule("ARGS", "a", "msg:'open"), "rule 7: the quoted value of \"msg\" does not end"},
      {rule("ARGS", "a", "msg:'a'b"), "rule 7: \"b\" stands after the quoted value of \"msg\""},
      {rule("ARGS", "a", "msg:'%{nope}'"), "rule 7: macro %{nope} names no variable that is known"},
      {rule("ARGS", "a", "t:parityEven7bit"), "rule 7: transformation t:parityEven7bit is not supported"},
      {rule("ARGS", "a", "phase:6"), "rule 7: phase: \"6\" is not 1 to 5, request, response or logging"},
      {rule("ARGS", "a", "status:99"), "rule 7: status: \"99\" is not a status from 200 to 599"},
      {rule("ARGS", "a", "severity:8"), "rule 7: severity: \"8\" is not 0 to 7 and no name like CRITICAL"},
      {rule("ARGS", "a", "skip:0"), "rule 7: skip: \"0\" is not how many rules to skip"},
      {rule("ARGS", "a", "maturity:10"), "rule 7: maturity: \"10\" is not 0 to 9"},
      {rule("ARGS", "a", "allow:all"), "rule 7: allow: \"all\" is not phase or request"},
      {rule("ARGS", "a", "setvar:foo"),
       "rule 7: setvar: \"foo\" is not COLLECTION.name with one of tx, ip, global, session, user, resource"},
      {rule("ARGS", "a", "setvar:args.a=1"),
       "rule 7: setvar: \"args.a\" is not COLLECTION.name with one of tx, ip, global, session, user, resource"},
      {rule("ARGS", "a", "setvar:tx.=1"), "rule 7: setvar: the name after the '.' is empty"},
      {rule("ARGS", "a", "setvar:tx.a=+"), "rule 7: setvar: \"tx.a=+\" does not say how much"},
      {rule("ARGS", "a", "setvar:!tx.a=1"), "rule 7: setvar: \"tx.a=1\" takes a variable away and cannot set it"},
      {rule("ARGS", "a", "expirevar:ip.a"), "rule 7: expirevar: \"ip.a\" does not end with =SECONDS"},
      {rule("ARGS", "a", "expirevar:ip.a=soon"), "rule 7: expirevar: \"ip.a=soon\" does not end with =SECONDS"},
      {rule("ARGS", "a", "initcol:tx=1"),
       "rule 7: initcol: \"tx=1\" is not COLLECTION=key with one of ip, global, session, user, resource"},
  });
}

TEST(SecLangErrorsTest, Controls) {
  expect_each({
      {rule("ARGS", "a", "ctl:debugLogLevel=9"), "rule 7: ctl:debugLogLevel is not supported"},
      {rule("ARGS", "a", "ctl:ruleEngine=Sometimes"),
       "rule 7: ctl:ruleEngine: \"Sometimes\" is not a value it can have"},
      {rule("ARGS", "a", "ctl:ruleEngine"), "rule 7: ctl:ruleEngine: \"\" is not a value it can have"},
      {rule("ARGS", "a", "ctl:requestBodyProcessor=CSV"),
       "rule 7: ctl:requestBodyProcessor: \"CSV\" is not a value it can have"},
      {rule("ARGS", "a", "ctl:ruleRemoveById=9-1"),
       "rule 7: ctl:ruleRemoveById: \"9-1\" is no rule id and no range like 1000-1999"},
      {rule("ARGS", "a", "ctl:ruleRemoveTargetById=9"),
       "rule 7: ctl:ruleRemoveTargetById: \"9\" has no ';' and target"},
      {rule("ARGS", "a", "ctl:ruleRemoveTargetById=9;NOPE"), "rule 7: unknown variable \"NOPE\""},
      {rule("ARGS", "a", "ctl:ruleRemoveTargetByTag=x;!ARGS"),
       "rule 7: ctl:ruleRemoveTargetByTag: the target takes no '!' or '&'"},
      {rule("ARGS", "a", "ctl:ruleRemoveByTag="), "rule 7: ctl:ruleRemoveByTag needs a value"},
  });
}

TEST(SecLangErrorsTest, Rules) {
  expect_each({
      {"SecRule ARGS", "SecRule: it takes 2 to 3 quoted or bare words, not 1"},
      {"SecRule ARGS @rx a b c", "SecRule: it takes 2 to 3 quoted or bare words, not 5"},
      {"SecRule ARGS \"@rx a\"", "the rule has no id"},
      {"SecAction \"phase:1,pass\"", "the rule has no id"},
      {"SecAction \"id:0,pass\"", "id: \"0\" is not a number from 1 to 4294967295"},
      {"SecAction \"id:9,pass,skipAfter:NOWHERE\"", "rule 9: skipAfter: marker \"NOWHERE\" does not exist"},
      {"SecRule ARGS \"@rx a\" \"id:9,pass", "rule 9: the quote before \"id:9,pass\" is never closed"},
      {"SecAction \"id:9,pass,chain\"", "rule 9: its chain has no next rule"},
  });
  EXPECT_THAT(errors_of("SecMarker M\nSecAction id:9,skipAfter:M"),
              ElementsAre("r.conf:2: rule 9: skipAfter: marker \"M\" stands only before the rule"));
  EXPECT_THAT(errors_of("SecAction id:9\nSecAction id:10\nSecAction id:9"),
              ElementsAre("r.conf:3: rule 9: the id is taken, by r.conf:1"));
  EXPECT_THAT(errors_of("SecAction id:9,chain\nSecMarker M\nSecAction id:10"),
              ElementsAre("r.conf:2: SecMarker stands inside the chain of rule 9"));
}

TEST(SecLangErrorsTest, LaterLinksOfAChain) {
  const std::string first = "SecRule ARGS a \"id:9,phase:1,pass,chain\"\n";
  const std::vector<Wrong> cases{
      {"id:10", "id belongs on the first rule of a chain"},
      {"deny", "a disruptive action belongs on the first rule of a chain"},
      {"skipAfter:M", "skip and skipAfter belong on the first rule of a chain"},
      {"phase:2", "a chain has one phase, that of its first rule"},
  };
  for (const auto& [actions, error] : cases) {
    EXPECT_THAT(errors_of(first + "SecRule ARGS b " + actions + "\nSecMarker M"),
                ElementsAre("r.conf:2: rule 9: " + error));
  }
}

TEST(SecLangErrorsTest, Revisions) {
  expect_each({
      {"SecRuleRemoveById x", "SecRuleRemoveById: \"x\" is no rule id and no range like 1000-1999"},
      {"SecRuleRemoveById", "SecRuleRemoveById: it takes 1 quoted or bare words, not 0"},
      {"SecRuleRemoveById \"\"", "SecRuleRemoveById: it does not say which rules"},
      {"SecRuleRemoveByTag a b", "SecRuleRemoveByTag: it takes 1 quoted or bare words, not 2"},
      {"SecRuleUpdateTargetById 7", "SecRuleUpdateTargetById: it takes 2 quoted or bare words, not 1"},
      {"SecRuleUpdateTargetById 7 !NOPE", "SecRuleUpdateTargetById: unknown variable \"NOPE\""},
      {"SecRuleUpdateTargetById 7 !ARGS:a ARGS:b", "SecRuleUpdateTargetById: it takes 2 quoted or bare words, not 3"},
      {"SecRuleUpdateActionById 7 phase:2", "SecRuleUpdateActionById: id, phase and chain of a rule cannot be changed"},
  });
}

TEST(SecLangErrorsTest, AllErrorsOfALoadAreTold) {
  EXPECT_THAT(
      errors_of("SecFoo\n"
                "SecRule NOPE \"@nope x\" \\\n"
                "    \"id:1,nope\"\n"
                "SecRuleEngine Maybe\n"
                "SecAction id:2,skipAfter:M\n"),
      ElementsAre("r.conf:1: directive \"SecFoo\" is not supported", "r.conf:2: rule 1: unknown variable \"NOPE\"",
                  "r.conf:2: rule 1: operator @nope is not supported",
                  "r.conf:2: rule 1: action \"nope\" is not supported",
                  "r.conf:4: SecRuleEngine: \"Maybe\" is not On or Off or DetectionOnly",
                  "r.conf:5: rule 2: skipAfter: marker \"M\" does not exist"));
}

TEST(SecLangErrorsTest, AFloodOfErrorsIsCut) {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += "SecFoo\n";
  }
  EXPECT_EQ(errors_of(text).size(), 1000U);
}

TEST(SecLangErrorsTest, LimitsAreErrors) {
  LoadLimits limits;
  limits.rules = 2;
  const auto many = load_text("SecAction id:1\nSecAction id:2\nSecAction id:3\nSecFoo", "r.conf", limits);
  ASSERT_TRUE(many.has_error());
  EXPECT_EQ(many.error().front().to_string(), "r.conf:3: more than 2 rules are read");
  EXPECT_EQ(many.error().size(), 1U);
  limits.total_bytes = 10;
  const auto large = load_text("SecAction id:1", "r.conf", limits);
  ASSERT_TRUE(large.has_error());
  EXPECT_EQ(large.error().front().to_string(), "r.conf:1: all files together have more than 10 bytes");
}

}  // namespace
}  // namespace gabion::inspect::waf::seclang
