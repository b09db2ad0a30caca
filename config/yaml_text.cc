// One pass over the lines of the text.
#include "config/yaml_text.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "config/yaml_value.h"

namespace gabion::config {
namespace {

constexpr std::size_t kMaxDocuments = 100'000;
constexpr std::size_t kMaxTokens = 2 * kMaxYamlNodes;  ///< of one document, estimated from above

/// Length of the UTF-8 sequence at the front of `text`, 0 when it is not well-formed (Unicode table 3-7).
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U; };
  const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return follows(1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool too_high = lead == 0xF4 && byte(1) > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

/// What is wrong with the bytes of one line (without its line feed), if anything.
std::optional<std::string> find_bad_byte(std::string_view line) {
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  while (!line.empty()) {
    const auto first = static_cast<std::uint8_t>(line.front());
    if ((first < 0x20 && first != '\t') || first == 0x7F) {
      return fmt::format("control character 0x{:02x}", first);
    }
    const std::size_t length = utf8_length(line);
    if (length == 0) {
      return "not UTF-8";
    }
    line.remove_prefix(length);
  }
  return std::nullopt;
}

/// At least as many as yaml-cpp makes of this line inside a flow collection; a pair of quotes counts once.
std::size_t count_tokens(std::string_view line) noexcept {
  std::size_t marks = 0;
  std::size_t quotes = 0;
  for (const char c : line) {
    marks += c == '[' || c == ']' || c == '{' || c == '}' || c == ',' || c == ':' ? 1U : 0U;
    quotes += c == '"' || c == '\'' ? 1U : 0U;
  }
  return marks + quotes / 2 + 1;
}

bool is_marker(std::string_view line, std::string_view marker) noexcept {
  return line.substr(0, marker.size()) == marker && (line.size() == marker.size() || line[marker.size()] == ' ' ||
                                                     line[marker.size()] == '\t' || line[marker.size()] == '\r');
}

/// Sizes of the document being read.
struct DocumentSize {
  std::size_t bytes = 0;
  std::size_t tokens = 0;
};

std::optional<std::string> check_line(std::string_view line, DocumentSize& document) {
  document.bytes += line.size() + 1;
  document.tokens += count_tokens(line);
  if (document.bytes > kMaxYamlDocumentBytes) {
    return fmt::format("document of more than {} bytes", kMaxYamlDocumentBytes);
  }
  if (document.tokens > kMaxTokens) {
    return "document with too many brackets, commas, colons and quotes";
  }
  return find_bad_byte(line);
}

}  // namespace

Result<YamlMarkerLines> check_yaml_text(std::string_view text, std::string_view file_name) {
  if (text.size() > kMaxYamlTextBytes) {
    return Error{fmt::format("text of more than {} bytes", kMaxYamlTextBytes), std::string(file_name)};
  }
  YamlMarkerLines markers;
  DocumentSize document;
  for (int line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (is_marker(line, "---") || is_marker(line, "...")) {
      document = {};
      markers.push_back(line_number);
    }
    auto refused = check_line(line, document);
    if (!refused && markers.size() > kMaxDocuments) {
      refused = fmt::format("more than {} documents", kMaxDocuments);
    }
    if (refused) {
      return Error{*std::move(refused), fmt::format("{}:{}", file_name, line_number)};
    }
  }
  return markers;
}

}  // namespace gabion::config
