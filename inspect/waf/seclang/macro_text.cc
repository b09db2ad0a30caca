// Splits text at its macros.
#include "inspect/waf/seclang/macro_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace gabion::inspect::waf::seclang {
namespace {

void add_literal(MacroText& parts, std::string_view literal) {
  if (literal.empty()) {
    return;
  }
  if (parts.empty() || parts.back().variable) {
    parts.emplace_back();
  }
  parts.back().literal += literal;
}

/// `inside` is what stands between the braces; a name is letters and underscores up to '.' or ':'.
bool looks_like_macro(std::string_view inside) {
  const std::string_view name = inside.substr(0, inside.find_first_of(".:"));
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || c == '_'; });
}

void add_macro(MacroText& parts, std::string_view inside, Remarks& remarks) {
  const std::size_t name_end = std::min(inside.find_first_of(".:"), inside.size());
  const auto variable = variable_named(inside.substr(0, name_end));
  if (!variable) {
    remarks.errors.push_back(fmt::format("macro %{{{}}} names no variable that is known", inside));
    return;
  }
  const std::string_view key = inside.substr(std::min(name_end + 1, inside.size()));
  parts.push_back({{}, variable, std::string(key)});
}

}  // namespace

MacroText parse_macros(std::string_view text, Remarks& remarks) {
  MacroText parts;
  while (!text.empty()) {
    const std::size_t start = text.find("%{");
    const std::size_t end = start == std::string_view::npos ? start : text.find('}', start);
    if (end == std::string_view::npos) {
      add_literal(parts, text);
      break;
    }
    const std::string_view inside = text.substr(start + 2, end - start - 2);
    add_literal(parts, text.substr(0, start));
    if (looks_like_macro(inside)) {
      add_macro(parts, inside, remarks);
      text.remove_prefix(end + 1);
    } else {
      add_literal(parts, "%{");
      text.remove_prefix(start + 2);
    }
  }
  return parts;
}

MacroText literal_text(std::string_view text) {
  MacroText parts;
  add_literal(parts, text);
  return parts;
}

}  // namespace gabion::inspect::waf::seclang
