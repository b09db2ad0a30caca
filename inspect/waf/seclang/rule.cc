// Looking at text with macros.
#include "inspect/waf/seclang/rule.h"

#include <algorithm>

namespace gabion::inspect::waf::seclang {

bool is_literal(const MacroText& text) noexcept {
  return std::none_of(text.begin(), text.end(), [](const MacroPart& part) { return part.variable.has_value(); });
}

std::string literal_of(const MacroText& text) {
  std::string literal;
  for (const MacroPart& part : text) {
    literal += part.literal;
  }
  return literal;
}

}  // namespace gabion::inspect::waf::seclang
