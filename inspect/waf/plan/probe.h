// Operators that see nothing but one text: a rule that begins with one can be judged ahead, as one with a pattern.
#pragma once

#include <string_view>

#include "inspect/waf/plan/plan.h"

namespace gabion::inspect::waf::plan {

/// Whether probe() can say what this link does with a text, and a text that it does not meet changes nothing.
[[nodiscard]] bool is_probe(const Link& link);

/// Does the operator, negation included, meet `text`? REQUIRES: is_probe() of its link, which is of `plan`.
[[nodiscard]] bool probe(const Plan& plan, const Operation& operation, std::string_view text);

}  // namespace gabion::inspect::waf::plan
