// Reads Content-Type without allocating; what is malformed counts as "other".
#include "inspect/body_type.h"

#include <algorithm>
#include <array>

#include "inspect/blanks.h"

namespace gabion::inspect {
namespace {

/// Cuts the part up to `separator` off the front of `text`.
std::string_view take_part(std::string_view& text, char separator) noexcept {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return without_blanks(part);
}

bool starts_without_case(std::string_view text, std::string_view start) noexcept {
  return text.size() >= start.size() && equals_without_case(text.substr(0, start.size()), start);
}

bool ends_without_case(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() && equals_without_case(text.substr(text.size() - end.size()), end);
}

std::string_view content_type(std::span<const HeaderField> fields) noexcept {
  const HeaderField* field = find_field(fields, "content-type");
  return field == nullptr ? std::string_view() : field->value;
}

}  // namespace

bool has_several_types(std::span<const HeaderField> fields) noexcept {
  return std::count_if(fields.begin(), fields.end(),
                       [](const HeaderField& field) { return equals_without_case(field.name, "content-type"); }) > 1;
}

MediaType media_type(std::span<const HeaderField> fields) noexcept {
  std::string_view rest = content_type(fields);
  const std::string_view type = take_part(rest, ';');
  if (equals_without_case(type, "application/x-www-form-urlencoded")) {
    return MediaType::kForm;
  }
  constexpr std::array<std::string_view, 4> kJsonTypes{"application/json", "text/json", "application/x-ndjson",
                                                       "application/jsonl"};
  for (const std::string_view json : kJsonTypes) {
    if (equals_without_case(type, json)) {
      return MediaType::kJson;
    }
  }
  return ends_without_case(type, "+json") ? MediaType::kJson : MediaType::kOther;
}

bool has_unreadable_charset(std::span<const HeaderField> fields) noexcept {
  std::string_view rest = content_type(fields);
  take_part(rest, ';');
  while (!rest.empty()) {
    std::string_view value = take_part(rest, ';');
    if (!equals_without_case(take_part(value, '='), "charset")) {
      continue;
    }
    if (!value.empty() && value.front() == '"') {
      value.remove_prefix(1);
    }
    constexpr std::array<std::string_view, 9> kUnreadable{"utf-16", "utf16", "utf-32", "utf32", "utf-7",
                                                          "ucs-",   "ibm",   "cp037",  "ebcdic"};
    for (const std::string_view charset : kUnreadable) {
      if (starts_without_case(without_blanks(value), charset)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace gabion::inspect
