// The patterns of the Core Rule Set that Debian installs, for tests and benchmarks.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "inspect/match/rules/rule_pattern.h"
#include "inspect/waf/seclang/load.h"

namespace gabion::inspect::match {

inline const char* const kCrsRules = "/usr/share/modsecurity-crs/rules";

/// False: `link` has no pattern, or one with macros.
inline bool to_pattern(const waf::seclang::Link& link, RulePattern& pattern) {
  using waf::seclang::OperatorName;
  if (link.op.name == OperatorName::kRx && is_literal(link.op.argument)) {
    pattern.kind = RulePattern::Kind::kRegex;
    pattern.expression = literal_of(link.op.argument);
    return true;
  }
  pattern.kind = RulePattern::Kind::kPhrases;
  pattern.phrases = link.op.phrases;
  return link.op.name == OperatorName::kPm || link.op.name == OperatorName::kPmFromFile;
}

/// Of every link for which `wanted(rule, link)`; ids from 0 in file order, names are rule ids. Empty: not installed.
template <class Wanted>
std::vector<RulePattern> crs_patterns(const Wanted& wanted) {
  std::vector<RulePattern> patterns;
  if (!std::filesystem::exists(kCrsRules)) {
    return patterns;
  }
  const auto rules = waf::seclang::load_text("Include " + std::string(kCrsRules) + "/*.conf\n", "test.conf");
  for (const waf::seclang::Item& item : rules.value().items) {
    const auto* rule = std::get_if<waf::seclang::Rule>(&item);
    if (rule == nullptr) {
      continue;
    }
    for (const waf::seclang::Link& link : rule->links) {
      RulePattern pattern;
      if (wanted(*rule, link) && to_pattern(link, pattern)) {
        pattern.id = static_cast<std::uint32_t>(patterns.size());
        pattern.name = std::to_string(rule->id);
        patterns.push_back(std::move(pattern));
      }
    }
  }
  return patterns;
}

}  // namespace gabion::inspect::match
