// Hand-written equivalents of the schema's patterns.
#include "config/kube/l7_text.h"

#include <algorithm>
#include <array>
#include <string>

namespace gabion::config::kube {
namespace {

constexpr std::size_t kMaxPathBytes = 1024;
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxMethodBytes = 32;
constexpr std::size_t kMaxHeaderNameBytes = 128;
constexpr std::size_t kMaxSqlAccountBytes = 128;
constexpr std::size_t kMaxSqlPatternBytes = 257;
constexpr std::size_t kMaxSqlColumnBytes = 386;
constexpr std::size_t kMaxSqlSettingBytes = 128;
constexpr std::string_view kTokenMarks = "!#$%&'*+.^_`|~-";

bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_one_of(char c, std::string_view set) noexcept {
  return set.find(c) != std::string_view::npos;
}

/// Takes what stands before the next '/' (or everything) and the '/' off the front.
std::string_view take_until_slash(std::string_view& text) noexcept {
  const std::size_t slash = text.find('/');
  const std::string_view part = text.substr(0, slash);
  text.remove_prefix(slash == std::string_view::npos ? text.size() : slash + 1);
  return part;
}

bool has_dot_segment(std::string_view path) noexcept {
  while (!path.empty()) {
    const std::string_view segment = take_until_slash(path);
    if (segment == "." || segment == "..") {
      return true;
    }
  }
  return false;
}

bool is_literal_segment(std::string_view segment) noexcept {
  return !segment.empty() &&
         std::none_of(segment.begin(), segment.end(), [](char c) { return is_one_of(c, "{}*%?#;\\"); });
}

/// ":80" or nothing.
bool is_port_suffix(std::string_view text) noexcept {
  if (text.empty()) {
    return true;
  }
  text.remove_prefix(1);
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_host_name(std::string_view text) noexcept {
  const auto edge = [](char c) { return is_lower(c) || is_digit(c); };
  return !text.empty() && edge(text.front()) && edge(text.back()) &&
         std::all_of(text.begin(), text.end(), [&edge](char c) { return edge(c) || c == '-' || c == '.'; });
}

/// "name", "name*" or "*": no blank, no '.', '*' at the end only.
bool is_starred_name(std::string_view text) noexcept {
  if (!text.empty() && text.back() == '*') {
    text.remove_suffix(1);
    return std::none_of(text.begin(), text.end(), [](char c) { return is_one_of(c, " \t\r\n\f\v.*"); });
  }
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) { return is_one_of(c, " \t\r\n\f\v.*"); });
}

}  // namespace

bool is_method(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxMethodBytes && !is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_upper(c) || is_digit(c) || is_one_of(c, kTokenMarks); });
}

bool is_plain_path(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxPathBytes && text.front() == '/' &&
         text.find("//") == std::string_view::npos && !has_dot_segment(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return is_one_of(c, "%?#;\\{}*"); });
}

bool is_path_template(std::string_view text) noexcept {
  if (text.empty() || text.size() > kMaxPathBytes || text.front() != '/' || has_dot_segment(text)) {
    return false;
  }
  text.remove_prefix(1);
  bool rest_seen = false;
  while (!text.empty()) {
    const std::string_view segment = take_until_slash(text);
    if (segment == "{**}" && !rest_seen) {
      rest_seen = true;
    } else if (!is_literal_segment(segment) && (segment != "{*}" || rest_seen)) {
      return false;
    }
  }
  return true;
}

bool is_host_pattern(std::string_view text) noexcept {
  if (text.size() > kMaxHostBytes) {
    return false;
  }
  if (text.starts_with("[")) {
    const std::size_t close = text.find(']');
    const std::string_view address = text.substr(1, close == std::string_view::npos ? 0 : close - 1);
    return !address.empty() && is_port_suffix(text.substr(close + 1)) &&
           (close + 1 == text.size() || text[close + 1] == ':') &&
           std::all_of(address.begin(), address.end(),
                       [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.'; });
  }
  if (text.starts_with("*.")) {
    text.remove_prefix(2);
  }
  const std::size_t colon = text.find(':');
  return is_host_name(text.substr(0, colon)) && (colon == std::string_view::npos || is_port_suffix(text.substr(colon)));
}

bool is_policy_header(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 11> kRefused{
      "host",    "connection",     "keep-alive",         "proxy-connection",   "te", "trailer", "transfer-encoding",
      "upgrade", "content-length", "proxy-authenticate", "proxy-authorization"};
  return !text.empty() && text.size() <= kMaxHeaderNameBytes && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower(c) || is_digit(c) || is_one_of(c, kTokenMarks);
  }) && std::find(kRefused.begin(), kRefused.end(), text) == kRefused.end();
}

bool is_sql_account(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxSqlAccountBytes;
}

bool is_sql_word(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 28> kWords{
      "SELECT", "INSERT",   "UPDATE",    "DELETE",  "MERGE",   "REPLACE",    "TRUNCATE", "COPY",  "LOCK",  "CALL",
      "SET",    "SHOW",     "EXPLAIN",   "PREPARE", "EXECUTE", "DEALLOCATE", "DECLARE",  "FETCH", "CLOSE", "BEGIN",
      "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "TCL",     "DDL",        "DCL",      "OTHER"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

bool is_sql_pattern(std::string_view text) noexcept {
  if (text.size() > kMaxSqlPatternBytes) {
    return false;
  }
  const std::size_t dot = text.find('.');
  return dot == std::string_view::npos ? is_starred_name(text)
                                       : is_starred_name(text.substr(0, dot)) && is_starred_name(text.substr(dot + 1));
}

bool is_sql_column(std::string_view text) noexcept {
  constexpr int kMostParts = 3;
  if (text.size() > kMaxSqlColumnBytes) {
    return false;
  }
  for (int part = 1; part <= kMostParts; ++part) {
    const std::size_t dot = text.find('.');
    if (!is_starred_name(text.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(dot + 1);
  }
  return false;
}

bool is_sql_setting(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 9> kRefused{
      "standard_conforming_strings", "backslash_quote", "client_encoding", "names", "search_path", "schema", "role",
      "session_authorization",       "sql_mode"};
  const auto letter = [](char c) { return is_upper(c) || is_lower(c) || c == '_'; };
  std::string name(text.substr(0, kMaxSqlSettingBytes));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; });
  return !text.empty() && text.size() <= kMaxSqlSettingBytes && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || is_digit(c) || c == '.'; }) &&
         std::find(kRefused.begin(), kRefused.end(), name) == kRefused.end();
}

}  // namespace gabion::config::kube
