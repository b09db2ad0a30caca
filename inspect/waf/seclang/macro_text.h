// Reads %{VARIABLE} and %{VARIABLE.key} in the text of actions and operators.
#pragma once

#include <string_view>

#include "inspect/waf/seclang/rule.h"
#include "inspect/waf/seclang/scan.h"

namespace gabion::inspect::waf::seclang {

/// Neighbouring literal parts are joined; empty text has no parts. What only looks like a macro (no closing brace, or
/// no name after "%{") is literal; a name that is no variable is an error.
[[nodiscard]] MacroText parse_macros(std::string_view text, Remarks& remarks);

/// One literal part, whatever it holds.
[[nodiscard]] MacroText literal_text(std::string_view text);

}  // namespace gabion::inspect::waf::seclang
