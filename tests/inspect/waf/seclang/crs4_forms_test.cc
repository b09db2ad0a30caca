// Forms that only version 4 of the Core Rule Set uses, in small rules of our own.
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

/// The only rule of the text.
Rule one_rule(const std::string& text) {
  RuleSet rules = loaded(text);
  EXPECT_THAT(rules.items, SizeIs(1)) << text;
  return rules.items.empty() ? Rule{} : std::get<Rule>(rules.items.front());
}

std::string spelled(const Target& target) {
  const char* const marks[] = {"", "=", "~", "x"};
  return std::string(target.exclude ? "!" : "") + (target.count ? "&" : "") + std::string(to_string(target.variable)) +
         " " + marks[static_cast<std::size_t>(target.selection)] + target.selector;
}

std::vector<std::string> targets(const std::string& text) {
  std::vector<std::string> all;
  const Rule rule = one_rule("SecRule " + text + " \"@unconditionalMatch\" \"id:1,pass\"");
  for (const Target& target : rule.links.at(0).targets) {
    all.push_back(spelled(target));
  }
  return all;
}

TEST(Crs4Test, Targets) {
  EXPECT_THAT(targets("XML:/*|XML://@*|&XML:/*"), ElementsAre("XML x/*", "XML x//@*", "&XML x/*"));
  EXPECT_THAT(targets("TX:/^header_name_920450_/"), ElementsAre("TX ~^header_name_920450_"));
  EXPECT_THAT(targets("TX:/MULTIPART_HEADERS_CONTENT_TYPES_*/"), ElementsAre("TX ~MULTIPART_HEADERS_CONTENT_TYPES_*"));
  EXPECT_THAT(targets("REQUEST_COOKIES:/\\x22?\\x24Version/"), ElementsAre("REQUEST_COOKIES ~\\x22?\\x24Version"));
  EXPECT_THAT(targets("ARGS_NAMES|!ARGS_NAMES:/../|!REQUEST_HEADERS:Sec-CH-UA-Mobile"),
              ElementsAre("ARGS_NAMES ", "!ARGS_NAMES ~..", "!REQUEST_HEADERS =Sec-CH-UA-Mobile"));
  EXPECT_THAT(targets("&MULTIPART_PART_HEADERS:_charset_|ARGS:_method"),
              ElementsAre("&MULTIPART_PART_HEADERS =_charset_", "ARGS =_method"));
  EXPECT_THAT(targets("REQUEST_BODY_LENGTH|TX:1|RESPONSE_HEADERS:Content-Encoding"),
              ElementsAre("REQUEST_BODY_LENGTH ", "TX =1", "RESPONSE_HEADERS =Content-Encoding"));
  EXPECT_THAT(targets("REQUEST_HEADERS:X.Filename|request_headers:x_filename"),
              ElementsAre("REQUEST_HEADERS =X.Filename", "REQUEST_HEADERS =x_filename"));
  EXPECT_THAT(targets("ARGS:/a|b,c/|ARGS:'x|y'|ARGS:a,b"), ElementsAre("ARGS ~a|b,c", "ARGS =x|y", "ARGS =a,b"));
}

TEST(Crs4Test, Operators) {
  const auto op = [](const std::string& text) {
    return one_rule("SecRule ARGS \"" + text + "\" \"id:1,pass\"").links.at(0).op;
  };
  EXPECT_EQ(op("@unconditionalMatch").name, OperatorName::kUnconditionalMatch);
  EXPECT_TRUE(op("!@beginsWith %{request_headers.host}").negated);
  EXPECT_EQ(op("!@validateByteRange 32,34,38,42-59").name, OperatorName::kValidateByteRange);
  EXPECT_THAT(op("@pm gzip compress deflate br zstd").phrases,
              ElementsAre("gzip", "compress", "deflate", "br", "zstd"));
  EXPECT_THAT(op("@pm a|20|b <!-- \\\"x |41 42|c").phrases, ElementsAre("a b", "<!--", "\"x", "ABc"));
  EXPECT_THAT(op("@ipMatch 127.0.0.1, ::1,10.1.2.3/8").phrases, ElementsAre("127.0.0.1", "::1", "10.1.2.3/8"));
  EXPECT_EQ(literal_of(op("@rx (?i)a\\\"b\\x5c\\\\ ").argument), "(?i)a\"b\\x5c\\\\ ");
  EXPECT_EQ(literal_of(op("!^a+$").argument), "^a+$");
  EXPECT_EQ(literal_of(op("@rx [%{}]%{2,}%{1}").argument), "[%{}]%{2,}%{1}");
  EXPECT_EQ(op("@streq %{ARGS._method}").argument.front().key, "_method");
  EXPECT_EQ(op("@streq").name, OperatorName::kStreq);
  const MacroText host = op("@endsWith .%{request_headers.host}").argument;
  ASSERT_THAT(host, SizeIs(2));
  EXPECT_EQ(host[0].literal, ".");
  EXPECT_EQ(host[1].variable, Variable::kRequestHeaders);
  EXPECT_EQ(host[1].key, "host");
  EXPECT_EQ(op("@gt %{tx.max_num_args}").argument.front().key, "max_num_args");
}

TEST(Crs4Test, Transformations) {
  const auto chain = [](const std::string& actions) {
    return one_rule("SecRule ARGS \"a\" \"id:1,pass," + actions + "\"").links.at(0).transformations;
  };
  using T = Transformation;
  EXPECT_THAT(chain("t:none,t:escapeSeqDecode,t:compressWhitespace"),
              ElementsAre(T::kEscapeSeqDecode, T::kCompressWhitespace));
  EXPECT_THAT(chain("t:none,t:utf8toUnicode,t:urlDecodeUni,t:removeCommentsChar"),
              ElementsAre(T::kUtf8ToUnicode, T::kUrlDecodeUni, T::kRemoveCommentsChar));
  EXPECT_THAT(chain("t:lowercase,t:none,t:normalisePath,t:normalizePathWin"),
              ElementsAre(T::kNormalizePath, T::kNormalizePathWin));
}

TEST(Crs4Test, SetVariables) {
  const auto set = [](const std::string& text) {
    return one_rule("SecAction \"id:1,pass,setvar:" + text + "\"").links.at(0).set_variables.at(0);
  };
  const SetVariable named = set("'tx.header_name_920450_%{tx.0}=/%{tx.0}/'");
  EXPECT_THAT(named.name, SizeIs(2));
  EXPECT_EQ(named.name[0].literal, "header_name_920450_");
  EXPECT_THAT(named.value, SizeIs(3));
  const SetVariable add = set("'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'");
  EXPECT_EQ(add.change, SetVariable::Change::kAdd);
  EXPECT_EQ(add.value.at(0).key, "critical_anomaly_score");
  EXPECT_EQ(set("tx.a=-2").change, SetVariable::Change::kSubtract);
  EXPECT_EQ(literal_of(set("tx.a=").value), "");
  EXPECT_EQ(literal_of(set("tx.a").value), "1");
  EXPECT_EQ(set("!tx.a").change, SetVariable::Change::kUnset);
  EXPECT_EQ(literal_of(set("'tx.allowed=|a/b| |c/d|, e'").value), "|a/b| |c/d|, e");
}

TEST(Crs4Test, Controls) {
  const auto controls = [](const std::string& text) {
    return one_rule("SecAction \"id:1,pass,ctl:" + text + "\"").links.at(0).controls;
  };
  const auto target = controls("ruleRemoveTargetByTag=xss-perf-disable;REQUEST_FILENAME");
  ASSERT_THAT(target, SizeIs(1));
  EXPECT_EQ(target[0].value, "xss-perf-disable");
  EXPECT_EQ(spelled(*target[0].target), "REQUEST_FILENAME ");
  const auto by_id = controls("ruleRemoveTargetById=942100-942199;ARGS:a[0]");
  EXPECT_EQ(by_id.at(0).first_id, 942100U);
  EXPECT_EQ(by_id.at(0).last_id, 942199U);
  EXPECT_EQ(controls("ruleRemoveById=920540").at(0).last_id, 920540U);
  EXPECT_EQ(controls("ruleRemoveByTag=OWASP_CRS").at(0).value, "OWASP_CRS");
  EXPECT_EQ(controls("forceRequestBodyVariable=On").at(0).value, "On");
  EXPECT_EQ(controls("requestBodyProcessor=URLENCODED").at(0).value, "URLENCODED");
  EXPECT_EQ(controls("auditEngine=Off").at(0).name, ControlName::kAuditEngine);
  EXPECT_THAT(controls("ruleRemoveTargetByTag=x;ARGS:a|ARGS:b"), SizeIs(2));
}

TEST(Crs4Test, Collections) {
  const Rule rule = one_rule(
      "SecAction \"id:901320,phase:1,nolog,pass,t:none,initcol:global=global,initcol:ip=%{remote_addr}_%{MATCHED_VAR},"
      "expirevar:'ip.a=%{tx.b}'\"");
  const auto& init = rule.links.at(0).init_collections;
  ASSERT_THAT(init, SizeIs(2));
  EXPECT_EQ(init[0].collection, Variable::kGlobal);
  EXPECT_THAT(init[1].key, SizeIs(3));
  EXPECT_THAT(rule.links.at(0).expire_variables, SizeIs(1));
}

TEST(Crs4Test, Metadata) {
  const Rule rule = one_rule(
      "SecRule ARGS \"@rx a\" \"id:949110,phase:2,deny,status:500,t:none,msg:'It\\'s %{tx.a} of %{MATCHED_VAR_NAME}',"
      "logdata:'x',tag:'a/b',tag:'c, d',severity:'CRITICAL',ver:'OWASP_CRS/4.28.0',rev:2,maturity:3,accuracy:4,"
      "multiMatch,capture,log,noauditlog,skip:2\"");
  EXPECT_EQ(rule.disruption, Disruption::kDeny);
  EXPECT_EQ(rule.status, 500);
  EXPECT_EQ(rule.message.at(0).literal, "It's ");
  EXPECT_THAT(rule.tags, ElementsAre("a/b", "c, d"));
  EXPECT_EQ(rule.severity, Severity::kCritical);
  EXPECT_EQ(rule.version, "OWASP_CRS/4.28.0");
  EXPECT_EQ(rule.revision, "2");
  EXPECT_EQ(rule.maturity, 3);
  EXPECT_EQ(rule.accuracy, 4);
  EXPECT_TRUE(rule.log);
  EXPECT_FALSE(rule.audit_log);
  EXPECT_EQ(rule.skip, 2U);
  EXPECT_TRUE(rule.links.at(0).multi_match && rule.links.at(0).capture);
}

TEST(Crs4Test, SettingsWithoutEffectWarn) {
  const RuleSet rules = loaded(
      "SecAuditEngine RelevantOnly\nSecTmpDir /tmp/\nSecCookieFormat 0\nSecUnicodeMapFile unicode.mapping 20127\n"
      "SecArgumentSeparator &\nSecRequestBodyJsonDepthLimit 64\nSecArgumentsLimit 400\nSecResponseBodyLimit 1000\n"
      "SecRequestBodyLimitAction ProcessPartial\nSecResponseBodyMimeTypesClear\nSecResponseBodyMimeType a/b c/d\n"
      "SecResponseBodyMimeType c/d e/f\nSecPcreMatchLimit 77\nSecComponentSignature \"OWASP_CRS/4.28.0\"\n");
  EXPECT_THAT(rules.warnings, ElementsAre("r.conf:1: SecAuditEngine has no effect in Gabion",
                                          "r.conf:2: SecTmpDir has no effect in Gabion"));
  EXPECT_EQ(rules.engine.request_body_json_depth, 64U);
  EXPECT_EQ(rules.engine.arguments_limit, 400U);
  EXPECT_EQ(rules.engine.response_body_limit, 1000U);
  EXPECT_EQ(rules.engine.request_body_limit_action, LimitAction::kProcessPartial);
  EXPECT_THAT(rules.engine.response_body_types, ElementsAre("a/b", "c/d", "e/f"));
  EXPECT_EQ(rules.engine.pcre_match_limit, 77U);
  EXPECT_EQ(rules.engine.component_signature, "OWASP_CRS/4.28.0");
  EXPECT_EQ(rules.engine.rule_engine, RuleEngine::kOff);
  EXPECT_THAT(rules.items, IsEmpty());
}

}  // namespace
}  // namespace gabion::inspect::waf::seclang
