// Texts are plain where nothing could read them otherwise, JSON strings (which YAML has too) elsewhere.
#include "config/inject/yaml_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "config/yaml_scalar.h"

namespace gabion::config::inject {
namespace {

namespace json = boost::json;
using Lines = std::vector<std::string>;

/// Words that some reader of YAML takes for a bool are quoted, like all that looks like a number.
bool is_plain(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fine = [&letter](char c) {
    return letter(c) || (c >= '0' && c <= '9') || std::string_view("-_./").find(c) != std::string_view::npos;
  };
  return !text.empty() && (letter(text.front()) || text.front() == '/') && text.size() > 1 &&
         std::all_of(text.begin(), text.end(), fine) && classify_plain_scalar(text) == YamlKind::kString;
}

std::string scalar(const json::value& value) {
  if (const auto* const text = value.if_string()) {
    const std::string_view view(text->data(), text->size());
    return is_plain(view) ? std::string(view) : json::serialize(value);
  }
  return json::serialize(value);
}

bool is_nested(const json::value& value) {
  return (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
}

void write_below(const json::value& value, std::size_t column, Lines& lines);

void write_member(std::string_view key, const json::value& value, std::size_t column, Lines& lines) {
  const std::string name = scalar(json::value(json::string(key)));
  const std::string blanks(column, ' ');
  if (!is_nested(value)) {
    lines.push_back(fmt::format("{}{}: {}", blanks, name, scalar(value)));
    return;
  }
  lines.push_back(fmt::format("{}{}:", blanks, name));
  write_below(value, value.is_array() ? column : column + 2, lines);
}

void write_item(const json::value& value, std::size_t column, Lines& lines) {
  const std::string blanks(column, ' ');
  if (!is_nested(value)) {
    lines.push_back(fmt::format("{}- {}", blanks, scalar(value)));
    return;
  }
  Lines below;
  write_below(value, column + 2, below);
  below.front().replace(column, 2, "- ");
  lines.insert(lines.end(), below.begin(), below.end());
}

/// Depth is bounded by parse_yaml's.
void write_below(const json::value& value, std::size_t column, Lines& lines) {
  if (const auto* const list = value.if_array()) {
    for (const json::value& item : *list) {
      write_item(item, column, lines);
    }
    return;
  }
  for (const auto& [key, each] : value.get_object()) {
    write_member({key.data(), key.size()}, each, column, lines);
  }
}

}  // namespace

Lines member_lines(std::string_view key, const json::value& value, std::size_t column) {
  Lines lines;
  write_member(key, value, column, lines);
  return lines;
}

Lines item_lines(const json::value& value, std::size_t column) {
  Lines lines;
  write_item(value, column, lines);
  return lines;
}

Lines document_lines(const json::value& value) {
  Lines lines;
  write_below(value, 0, lines);
  return lines;
}

}  // namespace gabion::config::inject
