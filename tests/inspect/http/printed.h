// Named values as one line of text, so that a table of cases stays readable.
#pragma once

#include <span>
#include <string>

#include "inspect/http/named_values.h"

namespace gabion::inspect::http {

/// `name=value|name=value`; NUL is shown as \0.
[[nodiscard]] inline std::string printed(std::span<const NamedValue> values) {
  std::string text;
  const auto append = [&text](std::string_view piece) {
    for (const char c : piece) {
      text += c == '\0' ? std::string("\\0") : std::string(1, c);
    }
  };
  for (const NamedValue& value : values) {
    text += text.empty() ? "" : "|";
    append(value.name);
    text += '=';
    append(value.value);
  }
  return text;
}

}  // namespace gabion::inspect::http
