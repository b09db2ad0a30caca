// Looking for a key in a file: see key_place.h.
#include "config/key_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "config/yaml_value.h"

namespace gabion::config {
namespace {

/// At most one byte more than a document may have.
std::string read(const std::filesystem::path& file) {
  std::string text(kMaxYamlDocumentBytes + 1, '\0');
  std::ifstream input(file, std::ios::binary);
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  return text;
}

/// 0: nowhere.
int line_of(const YamlValue& document, std::string_view key) {
  int line = 0;
  const auto* at = &document;
  while (!key.empty()) {
    const auto end = key.find('.');
    at = at->find(key.substr(0, end));
    if (at == nullptr) {
      break;
    }
    line = at->key_line();
    key = end == std::string_view::npos ? std::string_view() : key.substr(end + 1);
  }
  return line;
}

}  // namespace

std::string place_of_key(const std::filesystem::path& file, std::string_view key) {
  int line = 0;
  if (const auto documents = parse_yaml(read(file), file.string())) {
    for (const auto& document : *documents) {
      line = std::max(line, line_of(document, key));
    }
  }
  return line == 0 ? fmt::format("{}: {}", file.string(), key) : fmt::format("{}:{}: {}", file.string(), line, key);
}

}  // namespace gabion::config
