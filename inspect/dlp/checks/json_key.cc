// One pass with a depth and the last string seen.
#include "inspect/dlp/checks/json_key.h"

#include <cstddef>

namespace gabion::inspect::dlp {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

/// Behind the closing quote of the string that begins at `at`; npos: it does not close.
std::size_t end_of_string(std::string_view json, std::size_t at) noexcept {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// True when a colon and a quote come next.
bool string_follows(std::string_view rest) noexcept {
  rest = trimmed(rest);
  return rest.starts_with(':') && trimmed(rest.substr(1)).starts_with('"');
}

}  // namespace

bool holds_json_string(std::string_view json, std::string_view key) noexcept {
  json = trimmed(json);
  if (!json.starts_with('{')) {
    return false;
  }
  bool held = false;
  std::size_t depth = 0;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = end_of_string(json, at);
      if (end == std::string_view::npos) {
        return false;
      }
      held = held || (depth == 1 && json.substr(at + 1, end - at - 2) == key && string_follows(json.substr(end)));
      at = end;
      continue;
    }
    depth += c == '{' || c == '[' ? 1 : 0;
    if (c == '}' || c == ']') {
      if (--depth == 0) {
        return held && at + 1 == json.size();
      }
    }
    ++at;
  }
  return false;
}

}  // namespace gabion::inspect::dlp
