// What a Content-Type value says about structure and characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::inspect::dlp {

enum class Format : std::uint8_t {
  kText,  ///< no structure, or one we do not know
  kJson,
  kForm,
  kMultipart,
  kXml,
  kHtml,
  kCsv,
  kEvents,  ///< Server-Sent Events
};

constexpr std::size_t kFormatCount = 8;

struct ContentType {
  Format format = Format::kText;
  std::string_view charset;   ///< views the value; without quotes; empty: none
  std::string_view boundary;  ///< the same
  bool is_lines = false;      ///< a JSON text a line (NDJSON, JSON Lines, RFC 7464)
};

/// The value of a parameter behind the first ';' of a header value: without quotes; empty: there is none. `name` is in
/// lower case.
[[nodiscard]] std::string_view parameter_of(std::string_view value, std::string_view name) noexcept;

[[nodiscard]] ContentType read_content_type(std::string_view value) noexcept;

}  // namespace gabion::inspect::dlp
