// Reads what a rule looks at: VARIABLE, VARIABLE:selector, &count and !exclusion, separated by '|'.
#pragma once

#include <string_view>
#include <vector>

#include "inspect/waf/seclang/rule.h"
#include "inspect/waf/seclang/scan.h"

namespace gabion::inspect::waf::seclang {

/// Targets in the order of the text. A ',' separates too where a variable follows it.
[[nodiscard]] std::vector<Target> parse_targets(std::string_view text, Remarks& remarks);

/// True for collections, whose members have names.
[[nodiscard]] bool has_members(Variable variable) noexcept;

}  // namespace gabion::inspect::waf::seclang
