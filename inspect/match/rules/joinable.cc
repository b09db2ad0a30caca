// Reads escapes, classes and groups, nothing else of an expression.
#include "inspect/match/rules/joinable.h"

namespace gabion::inspect::match {

namespace {

/// Ends of the text, \K and \Q…\E; \C splits characters only with UTF-8.
constexpr std::string_view kUnjoinable = "AzZGKQE";

/// "(?i", "(?s:" and the like; i and s may be switched off too.
bool is_plain_group(std::string_view rest) noexcept {
  if (!rest.starts_with("(?")) {
    return !rest.starts_with("(*");
  }
  const std::size_t end = rest.find_first_of(":)", 2);
  if (end == std::string_view::npos) {
    return false;
  }
  const std::string_view options = rest.substr(2, end - 2);
  const std::size_t off = options.find('-');
  return options.find_first_not_of("ims-") == std::string_view::npos &&
         (off == std::string_view::npos || options.find('m', off) == std::string_view::npos);
}

}  // namespace

bool can_join(std::string_view expression) noexcept {
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] == '\\') {
      ++i;
      if (i == expression.size() || kUnjoinable.find(expression[i]) != std::string_view::npos) {
        return false;
      }
    } else if (expression[i] == '(' && !is_plain_group(expression.substr(i))) {
      return false;
    }
  }
  return true;
}

std::string loosen_ends(std::string_view expression) {
  std::string loose;
  bool in_class = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\' && i + 1 < expression.size()) {
      const char escaped = expression[++i];
      if (escaped == 'Q') {
        return std::string(expression);
      }
      const bool is_end = !in_class && (escaped == 'z' || escaped == 'Z');
      const bool is_begin = !in_class && escaped == 'A';
      loose += is_end ? "$" : is_begin ? "^" : std::string{c, escaped};
      continue;
    }
    if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      const std::size_t first = i + (expression.substr(i + 1, 1) == "^" ? 2 : 1);
      if (expression.substr(first, 1) == "]") {  // the first one is a member
        loose += expression.substr(i, first - i);
        i = first;
        loose += ']';
        continue;
      }
    }
    loose += c;
  }
  return loose;
}

}  // namespace gabion::inspect::match
