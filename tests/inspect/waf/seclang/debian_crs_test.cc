// Debian's package of the Core Rule Set, as shipped: every kind of thing in it is found as often as it is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "inspect/waf/seclang/load.h"
#include "inspect/waf/seclang/scan.h"

namespace gabion::inspect::waf::seclang {
namespace {

constexpr const char* kEntry = "/usr/share/modsecurity-crs/owasp-crs.load";

using Counts = std::map<std::string, int>;

std::string spelled(const Target& target) {
  std::string text = target.exclude ? "!" : target.count ? "&" : "";
  text += to_string(target.variable);
  switch (target.selection) {
    case Selection::kAll:
      return text;
    case Selection::kRegex:
      return text + ":/" + target.selector + "/";
    case Selection::kName:
    case Selection::kXPath:
      return text + ":" + target.selector;
  }
  return text;
}

/// Exclusions as often as they are written, everything else once a link.
void count_targets(const Link& link, Counts& counts) {
  std::set<std::string> names;
  for (const Target& target : link.targets) {
    names.insert(std::string(to_string(target.variable)));
    if (target.exclude) {
      ++counts["!" + std::string(to_string(target.variable))];
    } else if (target.count) {
      names.insert("&" + std::string(to_string(target.variable)));
    }
    if (target.selection != Selection::kAll) {
      names.insert(spelled(target));
    }
  }
  for (const std::string& name : names) {
    ++counts[name];
  }
}

void count_macros(const MacroText& text, const std::string& where, Counts& counts) {
  for (const MacroPart& part : text) {
    if (part.variable) {
      ++counts["%" + std::string(to_string(*part.variable)) + where];
    }
  }
}

void count_operator(const Link& link, Counts& counts) {
  if (link.targets.empty()) {
    return;
  }
  ++counts[(link.op.negated ? "!@" : "@") + std::string(to_string(link.op.name))];
  if (!is_literal(link.op.argument)) {
    ++counts["@" + std::string(to_string(link.op.name)) + " with macro"];
  }
  count_macros(link.op.argument, " in operator", counts);
}

void count_set_variables(const Link& link, Counts& counts) {
  for (const SetVariable& set : link.set_variables) {
    static const std::map<SetVariable::Change, std::string> kChanges{{SetVariable::Change::kSet, "set"},
                                                                     {SetVariable::Change::kAdd, "add"},
                                                                     {SetVariable::Change::kSubtract, "subtract"},
                                                                     {SetVariable::Change::kUnset, "unset"}};
    ++counts["setvar"];
    ++counts["setvar " + std::string(to_string(set.collection))];
    ++counts["setvar " + kChanges.at(set.change)];
    counts["setvar macro in value"] += is_literal(set.value) ? 0 : 1;
    counts["setvar macro in name"] += is_literal(set.name) ? 0 : 1;
    count_macros(set.name, "", counts);
    count_macros(set.value, "", counts);
  }
}

void count_link(const Link& link, Counts& counts) {
  ++counts[link.targets.empty() ? "SecAction" : "SecRule"];
  count_targets(link, counts);
  count_operator(link, counts);
  count_set_variables(link, counts);
  for (const Transformation transformation : link.transformations) {
    ++counts["t:" + std::string(to_string(transformation))];
  }
  for (const Control& control : link.controls) {
    ++counts["ctl:" + std::string(to_string(control.name))];
    counts["ruleRemoveById with range"] +=
        control.name == ControlName::kRuleRemoveById && control.first_id != control.last_id ? 1 : 0;
    counts["ctl with target"] += control.target ? 1 : 0;
  }
  for (const ExpireVariable& expire : link.expire_variables) {
    count_macros(expire.seconds, "", counts);
  }
  for (const InitCollection& init : link.init_collections) {
    count_macros(init.key, "", counts);
  }
  counts["capture"] += link.capture ? 1 : 0;
  counts["multiMatch"] += link.multi_match ? 1 : 0;
  counts["expirevar"] += static_cast<int>(link.expire_variables.size());
  counts["initcol"] += static_cast<int>(link.init_collections.size());
}

void count_rule(const Rule& rule, Counts& counts) {
  ++counts["rules"];
  ++counts["phase " + std::to_string(rule.phase)];
  ++counts["links " + std::to_string(rule.links.size())];
  counts["block"] += rule.is_block ? 1 : 0;
  counts["deny"] += rule.disruption == Disruption::kDeny ? 1 : 0;
  counts["drop"] += rule.disruption == Disruption::kDrop ? 1 : 0;
  counts["status 500"] += rule.status == 500 ? 1 : 0;
  counts["skipAfter"] += rule.skip_after.empty() ? 0 : 1;
  counts["nolog"] += rule.log ? 0 : 1;
  counts["msg"] += rule.message.empty() ? 0 : 1;
  counts["logdata"] += rule.log_data.empty() ? 0 : 1;
  counts["ver"] += rule.version.empty() ? 0 : 1;
  counts["tag"] += static_cast<int>(rule.tags.size());
  if (rule.severity) {
    ++counts["severity"];
    ++counts["severity " + std::string(to_string(*rule.severity))];
  }
  for (const std::string& tag : rule.tags) {
    counts[tag] += tag.rfind("paranoia-level/", 0) == 0 ? 1 : 0;
  }
  count_macros(rule.message, "", counts);
  count_macros(rule.log_data, "", counts);
  for (const Link& link : rule.links) {
    count_link(link, counts);
  }
}

Counts count(const RuleSet& rules) {
  Counts counts;
  for (const Item& item : rules.items) {
    if (const auto* const rule = std::get_if<Rule>(&item)) {
      count_rule(*rule, counts);
    } else {
      ++counts["SecMarker"];
    }
  }
  return counts;
}

/// What the package holds, by an independent count of its text. "nolog" stands there 381 times; two chains say it
/// twice.
constexpr std::string_view kExpected = R"(
634 rules; 790 SecRule; 10 SecAction; 40 SecMarker; 519 links 1; 74 links 2; 34 links 3; 4 links 4; 3 links 5;
147 phase 1; 389 phase 2; 24 phase 3; 58 phase 4; 16 phase 5; 175 paranoia-level/1; 51 paranoia-level/2;
20 paranoia-level/3; 7 paranoia-level/4;
300 TX; 195 ARGS; 127 ARGS_NAMES; 118 XML; 117 REQUEST_COOKIES; 111 REQUEST_COOKIES_NAMES; 85 REQUEST_HEADERS;
116 REQUEST_FILENAME; 29 RESPONSE_BODY; 17 REQUEST_BODY; 3 MATCHED_VARS; 5 FILES; 17 REQUEST_METHOD; 5 REQUEST_LINE;
1 REQUEST_URI_RAW; 0 RESPONSE_HEADERS; 6 REQUEST_BASENAME; 4 MULTIPART_PART_HEADERS; 2 REQBODY_PROCESSOR;
3 FILES_NAMES; 1 ARGS_COMBINED_SIZE; 1 ARGS_GET_NAMES; 21 REQUEST_URI; 3 REQUEST_HEADERS_NAMES; 2 MATCHED_VAR;
3 REMOTE_ADDR; 2 ARGS_GET; 2 REQUEST_PROTOCOL; 2 RESPONSE_STATUS; 1 FILES_COMBINED_SIZE; 1 QUERY_STRING; 1 UNIQUE_ID;
0 REQUEST_BODY_LENGTH; 13 IP; 1 DURATION; 1 GEO; 1 MATCHED_VARS_NAMES; 52 &TX; 16 &REQUEST_HEADERS;
2 &MULTIPART_PART_HEADERS; 30 &ARGS; 3 &IP; 1 &REQUEST_COOKIES; 6 !REQUEST_HEADERS; 0 !ARGS_NAMES;
124 !REQUEST_COOKIES;
18 REQUEST_HEADERS:User-Agent; 8 REQUEST_HEADERS:Referer; 1 !REQUEST_HEADERS:Cookie; 8 REQUEST_HEADERS:Content-Type;
3 &REQUEST_HEADERS:Transfer-Encoding; 111 !REQUEST_COOKIES:/__utm/; 13 !REQUEST_COOKIES:/_pk_ref/;
4 REQUEST_COOKIES:/S?DW[a-f0-9]+/; 16 ARGS:action; 17 &ARGS:action; 10 XML://@*; 1 &TX:/LEAKAGE\\\/ERRORS/;
2 &TX:/WEB_ATTACK/; 1 GEO:COUNTRY_CODE;
247 @rx; 189 @lt; 120 @eq; 22 @ge; 18 !@rx; 19 @pmFromFile; 13 @gt; 4 @pm; 35 @streq; 6 !@within;
6 @validateByteRange; 18 @contains; 4 !@eq; 62 @endsWith; 5 !@endsWith; 3 @within; 3 @ipMatch; 2 !@pm; 2 !@streq;
2 @detectSQLi; 2 @detectXSS; 2 @validateUrlEncoding; 1 !@lt; 1 @validateUtf8Encoding; 2 !@contains; 1 @geoLookup;
1 @rbl; 8 @within with macro; 6 @ge with macro; 6 @gt with macro; 5 @lt with macro; 2 @endsWith with macro;
1 @rx with macro; 0 @streq with macro;
119 t:urlDecodeUni; 52 t:lowercase; 25 t:jsDecode; 34 t:htmlEntityDecode; 30 t:utf8toUnicode; 26 t:removeNulls;
22 t:cssDecode; 7 t:cmdLine; 3 t:removeWhitespace; 2 t:replaceComments; 5 t:normalizePath; 4 t:compressWhitespace;
2 t:normalizePathWin; 2 t:length; 1 t:base64Decode; 2 t:hexEncode; 2 t:sha1; 6 t:urlDecode; 0 t:escapeSeqDecode;
1898 tag; 546 setvar; 435 ver; 257 msg; 245 severity; 231 block; 226 logdata; 200 capture; 379 nolog; 4 multiMatch;
217 skipAfter; 5 deny; 2 initcol; 2 status 500; 20 expirevar; 2 drop; 1 severity EMERGENCY; 1 severity ALERT;
2 ctl:ruleRemoveByTag; 2 ctl:auditEngine; 2 ctl:forceRequestBodyVariable; 169 ctl:ruleRemoveTargetByTag;
46 ctl:ruleRemoveById; 8 ruleRemoveById with range; 1 ctl:requestBodyProcessor; 202 ctl:ruleRemoveTargetById;
371 ctl with target; 110 ctl:auditLogParts; 3 ctl:ruleEngine; 510 setvar TX; 36 setvar IP; 445 setvar add;
99 setvar set; 2 setvar unset; 477 setvar macro in value; 4 setvar macro in name;
699 %TX; 26 %TX in operator; 194 %MATCHED_VAR_NAME; 222 %MATCHED_VAR; 10 %RULE; 5 %IP; 2 %REMOTE_ADDR; 1 %ARGS;
1 %REQUEST_LINE; 2 %REQUEST_HEADERS in operator;
)";

std::vector<std::pair<std::string, int>> expected() {
  std::vector<std::pair<std::string, int>> cells;
  for (const std::string_view cell : parts_of(kExpected, ";")) {
    const std::size_t blank = cell.find(' ');
    cells.emplace_back(cell.substr(blank + 1), number_of<int>(cell.substr(0, blank)).value());
  }
  return cells;
}

class DebianCrs : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kEntry)) {
      GTEST_SKIP() << "Debian's modsecurity-crs is not installed";
    }
    auto loaded = load(kEntry);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().front().to_string() << " (of " << loaded.error().size() << ")";
    rules_ = std::move(*loaded);
  }

  RuleSet rules_;
};

TEST_F(DebianCrs, HoldsWhatAnIndependentCountFound) {
  const Counts counts = count(rules_);
  for (const auto& [name, number] : expected()) {
    const auto found = counts.find(name);
    EXPECT_EQ(found == counts.end() ? 0 : found->second, number) << name;
  }
}

TEST_F(DebianCrs, WarnsOnlyOfWhatHasNoSource) {
  ASSERT_EQ(rules_.warnings.size(), 2U);
  EXPECT_NE(rules_.warnings[0].find("REQUEST-910-IP-REPUTATION.conf:77: rule 910100: @geoLookup"), std::string::npos);
  EXPECT_NE(rules_.warnings[1].find("REQUEST-910-IP-REPUTATION.conf:162: rule 910140: @rbl"), std::string::npos);
}

TEST_F(DebianCrs, FilesComeInTheOrderOfInclusion) {
  ASSERT_GT(rules_.files.size(), 34U);
  EXPECT_EQ(rules_.files[0], kEntry);
  EXPECT_EQ(rules_.files[1], "/etc/modsecurity/crs/crs-setup.conf");
  EXPECT_EQ(rules_.files[2], "/etc/modsecurity/crs/REQUEST-900-EXCLUSION-RULES-BEFORE-CRS.conf");
  EXPECT_EQ(rules_.files[3], "/usr/share/modsecurity-crs/rules/REQUEST-901-INITIALIZATION.conf");
  EXPECT_EQ(rules_.files.back(), "/etc/modsecurity/crs/RESPONSE-999-EXCLUSION-RULES-AFTER-CRS.conf");
}

TEST_F(DebianCrs, SettingsOfItsSetupHold) {
  EXPECT_EQ(rules_.engine.collection_timeout_seconds, 600U);
  EXPECT_EQ(rules_.engine.component_signature.rfind("OWASP_CRS/", 0), 0U);
}

const Rule* rule_of(const RuleSet& rules, std::uint32_t id) {
  for (const Item& item : rules.items) {
    const auto* const rule = std::get_if<Rule>(&item);
    if (rule != nullptr && rule->id == id) {
      return rule;
    }
  }
  return nullptr;
}

TEST_F(DebianCrs, PhrasesOfFilesAreReadWithoutComments) {
  const Rule* const rule = rule_of(rules_, 913100);
  ASSERT_NE(rule, nullptr);
  const auto& phrases = rule->links.front().op.phrases;
  EXPECT_NE(std::find(phrases.begin(), phrases.end(), "sqlmap"), phrases.end());
  EXPECT_TRUE(
      std::none_of(phrases.begin(), phrases.end(), [](const std::string& p) { return p.empty() || p[0] == '#'; }));
}

TEST_F(DebianCrs, BaseConfigurationComesBefore) {
  const auto with_base = load_with_base(kEntry);
  ASSERT_TRUE(with_base.has_value());
  EXPECT_EQ(with_base->items.size(), rules_.items.size() + 8);
  EXPECT_EQ(std::get<Rule>(with_base->items.front()).id, 200000U);
  EXPECT_TRUE(with_base->engine.request_body_access);
  EXPECT_EQ(with_base->engine.collection_timeout_seconds, 600U);
}

}  // namespace
}  // namespace gabion::inspect::waf::seclang
