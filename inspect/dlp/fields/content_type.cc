// The type decides, then its suffix; parameters are read leniently.
#include "inspect/dlp/fields/content_type.h"

#include <algorithm>
#include <array>

#include "inspect/http/ascii.h"

namespace gabion::inspect::dlp {
namespace {

struct Known {
  std::string_view type;
  Format format;
  bool is_lines = false;
};

constexpr std::array kKnown{
    Known{"application/json", Format::kJson},
    Known{"text/json", Format::kJson},
    Known{"application/x-ndjson", Format::kJson, true},
    Known{"application/ndjson", Format::kJson, true},
    Known{"application/jsonl", Format::kJson, true},
    Known{"application/x-jsonlines", Format::kJson, true},
    Known{"application/json-seq", Format::kJson, true},
    Known{"application/x-www-form-urlencoded", Format::kForm},
    Known{"application/xml", Format::kXml},
    Known{"text/xml", Format::kXml},
    Known{"text/html", Format::kHtml},
    Known{"text/csv", Format::kCsv},
    Known{"application/csv", Format::kCsv},
    Known{"text/tab-separated-values", Format::kCsv},
    Known{"text/event-stream", Format::kEvents},
};

std::string_view trim(std::string_view text) noexcept {
  return http::without_end_spaces(http::without_front_spaces(text));
}

/// Up to the next ';' that is not quoted; takes it.
std::string_view take_parameter(std::string_view& rest) noexcept {
  std::size_t end = 0;
  for (bool is_quoted = false; end < rest.size() && (is_quoted || rest[end] != ';'); ++end) {
    is_quoted = rest[end] == '"' ? !is_quoted : is_quoted;
  }
  const std::string_view parameter = trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return parameter;
}

bool ends_lower(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() && http::equals_lower(text.substr(text.size() - end.size()), end);
}

Known known_as(std::string_view type) noexcept {
  const auto* const known =
      std::find_if(kKnown.begin(), kKnown.end(), [type](const Known& it) { return http::equals_lower(type, it.type); });
  if (known != kKnown.end()) {
    return *known;
  }
  if (type.size() > 10 && http::equals_lower(type.substr(0, 10), "multipart/")) {
    return {type, Format::kMultipart};
  }
  if (ends_lower(type, "+xml")) {
    return {type, Format::kXml};
  }
  if (ends_lower(type, "+json-seq")) {
    return {type, Format::kJson, true};
  }
  return {type, ends_lower(type, "+json") ? Format::kJson : Format::kText};
}

}  // namespace

std::string_view parameter_of(std::string_view value, std::string_view name) noexcept {
  take_parameter(value);
  while (!value.empty()) {
    const std::string_view parameter = take_parameter(value);
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (!http::equals_lower(trim(parameter.substr(0, equals)), name)) {
      continue;
    }
    std::string_view text = trim(parameter.substr(std::min(equals + 1, parameter.size())));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
    }
    return text;
  }
  return {};
}

ContentType read_content_type(std::string_view value) noexcept {
  if (value.find(';') == std::string_view::npos) {
    const Known known = known_as(trim(value));
    return {.format = known.format, .charset = {}, .boundary = {}, .is_lines = known.is_lines};
  }
  std::string_view rest = value;
  const Known known = known_as(take_parameter(rest));
  return {.format = known.format,
          .charset = parameter_of(value, "charset"),
          .boundary = parameter_of(value, "boundary"),
          .is_lines = known.is_lines};
}

}  // namespace gabion::inspect::dlp
