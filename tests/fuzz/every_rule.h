// A rule file that uses every variable, operator, transformation and control there is, made from the tables of names.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "inspect/waf/seclang/words.h"

namespace gabion::fuzz {

namespace seclang = gabion::inspect::waf::seclang;

/// Writes rules one after the other, each with an id of its own.
class RuleWriter {
 public:
  void add(std::string_view target, std::string_view operation, std::string_view actions) {
    text_ += "SecRule " + std::string(target) + " \"" + std::string(operation) + "\" \"id:" + std::to_string(++id_) +
             "," + std::string(actions) + "\"\n";
  }
  void line(std::string_view text) { text_ += std::string(text) + "\n"; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
  unsigned id_ = 1000;
};

/// An argument for the operator; "-": it needs a file or a service, so no rule can have it here.
inline std::string_view argument_of(seclang::OperatorName name) {
  switch (name) {
    case seclang::OperatorName::kRx:
      return R"((?i)\b(un?ion|sel(ect)?)\s+(.{0,9})$)";
    case seclang::OperatorName::kPm:
      return "union select script passwd";
    case seclang::OperatorName::kStreq:
    case seclang::OperatorName::kContains:
    case seclang::OperatorName::kContainsWord:
    case seclang::OperatorName::kStrMatch:
    case seclang::OperatorName::kBeginsWith:
    case seclang::OperatorName::kEndsWith:
      return "%{tx.probe}";
    case seclang::OperatorName::kWithin:
      return "GET POST %{REQUEST_METHOD} abc";
    case seclang::OperatorName::kEq:
    case seclang::OperatorName::kGe:
      return "%{tx.score}";
    case seclang::OperatorName::kGt:
    case seclang::OperatorName::kLe:
    case seclang::OperatorName::kLt:
      return "3";
    case seclang::OperatorName::kIpMatch:
      return "10.0.0.0/8,::1,192.0.2.7";
    case seclang::OperatorName::kValidateByteRange:
      return "9,10,13,32-126";
    case seclang::OperatorName::kDetectSqli:
    case seclang::OperatorName::kDetectXss:
    case seclang::OperatorName::kValidateUrlEncoding:
    case seclang::OperatorName::kValidateUtf8Encoding:
    case seclang::OperatorName::kUnconditionalMatch:
    case seclang::OperatorName::kNoMatch:
      return "";
    case seclang::OperatorName::kPmFromFile:
    case seclang::OperatorName::kIpMatchFromFile:
    case seclang::OperatorName::kGeoLookup:
    case seclang::OperatorName::kRbl:
      return "-";
  }
  return "-";
}

inline void add_settings(RuleWriter& rules) {
  for (const char* line : {"SecRuleEngine On", "SecRequestBodyAccess On", "SecResponseBodyAccess On",
                           "SecResponseBodyMimeType text/plain text/html", "SecRequestBodyLimit 65536",
                           "SecRequestBodyNoFilesLimit 32768", "SecResponseBodyLimit 32768", "SecArgumentsLimit 50",
                           "SecRequestBodyLimitAction ProcessPartial", "SecResponseBodyLimitAction Reject"}) {
    rules.line(line);
  }
  rules.add("REQUEST_HEADERS:X-Probe", "@rx ^(.*)$", "phase:1,pass,nolog,capture,setvar:tx.probe=%{TX.1}");
  rules.add("REMOTE_ADDR", "@rx .",
            "phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.seen=+1,expirevar:ip.seen=60");
}

/// Each is asked for by an argument or a header of its own, in the phase that is soonest.
inline void add_controls(RuleWriter& rules) {
  constexpr auto kControls = std::to_array<std::array<std::string_view, 2>>({
      {"auditEngine", "Off"},
      {"auditLogParts", "+E"},
      {"forceRequestBodyVariable", "On"},
      {"requestBodyAccess", "Off"},
      {"requestBodyProcessor", "JSON"},
      {"requestBodyProcessor", "XML"},
      {"requestBodyProcessor", "URLENCODED"},
      {"requestBodyProcessor", "MULTIPART"},
      {"ruleEngine", "DetectionOnly"},
      {"ruleEngine", "Off"},
      {"ruleRemoveById", "1020-1040"},
      {"ruleRemoveByMsg", "odd"},
      {"ruleRemoveByTag", "even"},
      {"ruleRemoveTargetById", "1020-1200;ARGS:a"},
      {"ruleRemoveTargetByMsg", "odd;REQUEST_HEADERS"},
      {"ruleRemoveTargetByTag", "even;ARGS:/^b/"},
      {"responseBodyAccess", "Off"},
  });
  unsigned number = 0;
  for (const auto& [name, value] : kControls) {
    rules.add("REQUEST_HEADERS:X-Control", "@contains c" + std::to_string(number) + ";",
              "phase:1,pass,nolog,ctl:" + std::string(name) + "=" + std::string(value));
    ++number;
  }
  rules.add("REQUEST_HEADERS:Content-Type", "@rx (?i)json", "phase:1,pass,nolog,ctl:requestBodyProcessor=JSON");
  rules.add("REQUEST_HEADERS:Content-Type", "@rx (?i)xml", "phase:1,pass,nolog,ctl:requestBodyProcessor=XML");
}

inline void add_operators(RuleWriter& rules) {
  constexpr auto kLast = static_cast<std::size_t>(seclang::OperatorName::kNoMatch);
  for (std::size_t i = 0; i <= kLast; ++i) {
    const auto name = static_cast<seclang::OperatorName>(i);
    const auto argument = argument_of(name);
    if (argument == "-") {
      continue;
    }
    for (const std::string_view negation : {"", "!"}) {
      rules.add("ARGS|REQUEST_HEADERS|REMOTE_ADDR|!REQUEST_HEADERS:Host|TX:score",
                std::string(negation) + "@" + std::string(seclang::to_string(name)) +
                    (argument.empty() ? "" : " " + std::string(argument)),
                "phase:2,pass,log,capture,t:urlDecodeUni,msg:'odd %{MATCHED_VAR_NAME}',logdata:'%{TX.0}',"
                "setvar:tx.score=+1,setvar:'tx.%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'");
    }
  }
}

inline void add_transformations(RuleWriter& rules) {
  constexpr auto kLast = static_cast<std::size_t>(seclang::Transformation::kUtf8ToUnicode);
  for (std::size_t i = 0; i <= kLast; ++i) {
    const std::string name(seclang::to_string(static_cast<seclang::Transformation>(i)));
    rules.add("ARGS|REQUEST_COOKIES|REQUEST_BODY|XML:/*|FILES", R"(@rx ['\"<]|\.\./|sel|\x00)",
              "phase:2,pass,log,t:none,t:" + name + ",tag:'even'");
    rules.add("ARGS_NAMES|REQUEST_URI|RESPONSE_BODY|XML://@*", "@contains sel",
              "phase:4,pass,log,t:urlDecodeUni,t:" + name + ",t:lowercase,multiMatch");
  }
}

inline void add_variables(RuleWriter& rules, bool (*loads)(const std::string& rule)) {
  constexpr auto kLast = static_cast<std::size_t>(seclang::Variable::kXml);
  for (std::size_t i = 0; i <= kLast; ++i) {
    const std::string name(seclang::to_string(static_cast<seclang::Variable>(i)));
    const std::string target = name == "XML" ? "XML:/*" : name == "RULE" ? "RULE:id" : name;
    if (loads("SecRule " + target + " \"@rx a\" \"id:1,phase:5,pass\"")) {
      rules.add(target, "@rx [ab0-9]$", "phase:5,pass,log");
      rules.add("&" + target, "@gt 1", "phase:3,pass,log");
    }
  }
}

inline void add_flow(RuleWriter& rules) {
  rules.add("ARGS:/^s/", "@rx k", "phase:2,pass,skipAfter:END_SKIP");
  rules.add("ARGS", "@rx (?i)j(a)(v)(a)", "phase:2,pass,capture,skip:1");
  rules.add("MATCHED_VARS", "@rx a", "phase:2,pass");
  rules.line("SecMarker END_SKIP");
  rules.add("ARGS", "@rx ^(.)(.)", "phase:2,pass,capture,chain");
  rules.line(R"(SecRule MATCHED_VARS|TX:1 "@rx %{tx.2}" "chain,t:lowercase,setvar:!tx.1")");
  rules.line(R"(SecRule &MATCHED_VARS_NAMES "@ge 2" "setvar:tx.score=-%{tx.score}")");
  rules.add("ARGS:allow", "@rx ^r", "phase:1,allow:request");
  rules.add("ARGS:allow", "@rx ^p", "phase:2,allow:phase");
  rules.add("ARGS:allow", "@rx ^a", "phase:2,allow");
  rules.add("IP:seen", "@gt 5", "phase:1,pass,log,setvar:ip.late_%{REQUEST_METHOD}=%{REQUEST_BASENAME}");
  rules.add("TX:score", "@gt 40", "phase:2,deny,status:418,log,severity:2");
  rules.add("ARGS:end", "@streq drop", "phase:2,drop");
  rules.add("ARGS:end", "@streq go", "phase:2,redirect:'https://%{SERVER_NAME}/%{tx.probe}'");
  rules.add("RESPONSE_HEADERS", "@contains secret", "phase:3,block,log");
  rules.add("RESPONSE_BODY", "@rx s[e3]cr?et", "phase:4,deny,log");
}

inline std::string every_rule(bool (*loads)(const std::string& rule)) {
  RuleWriter rules;
  add_settings(rules);
  add_controls(rules);
  add_operators(rules);
  add_transformations(rules);
  add_variables(rules, loads);
  add_flow(rules);
  return rules.text();
}

}  // namespace gabion::fuzz
