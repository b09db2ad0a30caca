// Tries one regular expression alone on Hyperscan: does it take it, judge as PCRE2 does, and is it any faster?
#pragma once

#include <span>
#include <string_view>

#include "inspect/match/rules/group_options.h"
#include "inspect/match/rules/rule_pattern.h"
#include "inspect/match/rules/rule_regex.h"

namespace gabion::inspect::match {

/// Short values that engines are known to disagree about, and some ordinary ones.
[[nodiscard]] std::span<const std::string_view> probe_values() noexcept;

/// Takes milliseconds, for large expressions 0.3 s. The speed is measured, so that the answer may differ from run to
/// run for an expression near the limit; the verdicts do not depend on it. Private to inspect/match.
[[nodiscard]] bool suits_hyperscan(const RulePattern& pattern, const RuleRegex& regex, Platform platform);

}  // namespace gabion::inspect::match
