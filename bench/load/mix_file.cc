// Reads a LoadMix file: see mix_file.h.
#include "bench/load/mix_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "bench/load/target.h"
#include "config/config_field.h"

namespace gabion::bench {
namespace {

using config::ConfigField;
using config::ConfigMap;
using config::Quantity;

constexpr config::Word<int> kApiVersions[] = {{"gabion.dev/v1alpha1", 1}};
constexpr config::Word<int> kKinds[] = {{"LoadMix", 1}};
constexpr config::Word<Fill> kFills[] = {{"text", Fill::kText}, {"random", Fill::kRandom}};
constexpr std::uint64_t kMaxMixFileBytes = 4U << 20U;
constexpr std::size_t kMaxExpected = 100;

config::Result<std::string> read_file(const std::filesystem::path& file, std::uint64_t max_bytes) {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(file, error);  // opening a FIFO would wait for its other end
  std::ifstream stream;
  if (is_file) {
    stream.open(file, std::ios::binary);
  }
  if (!stream.is_open()) {
    return config::Error{"cannot be read", file.string()};
  }
  const auto size = std::filesystem::file_size(file, error);
  if (error || size > max_bytes) {
    return config::Error{fmt::format("is larger than {} bytes", max_bytes), file.string()};
  }
  std::string text(size, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

config::Result<std::string> parse_method(std::string_view text) {
  if (const auto checked = check_method(text); checked.has_error()) {
    return checked.error();
  }
  return std::string(text);
}

config::Result<std::string> parse_path(std::string_view text) {
  if (!is_origin_form(text)) {
    return config::Error{"must begin with '/' and hold no blank, fragment or control character", ""};
  }
  return std::string(text);
}

void read_headers(const ConfigField& field, RequestSpec& spec) {
  const ConfigMap map(field);
  if (!map.present()) {
    return;
  }
  for (const config::YamlValue& entry : field.value()->entries()) {
    const ConfigField header(&entry, fmt::format("{}.{}", field.path(), entry.key().substr(0, 64)), field.errors());
    const auto value = header.string();
    if (!value) {
      continue;
    }
    if (const auto checked = check_header(entry.key(), *value); checked.has_error()) {
      header.refuse(checked.error().what);
    }
    spec.headers.emplace_back(entry.key(), *value);
  }
}

void read_expect(const ConfigField& field, RequestSpec& spec) {
  StatusSet set;
  for (const ConfigField& item : field.items(kMaxExpected)) {
    const auto word = item.word();
    const auto added = word ? set.add(*word) : config::Result<void>();
    if (added.has_error()) {
      item.refuse(added.error().what);
    }
  }
  if (field.present()) {
    spec.expect = set;
  }
}

/// Unlike ConfigField::string() it may hold line breaks, and be empty.
void read_body_text(const ConfigField& field, RequestSpec& spec) {
  if (!field.present()) {
    return;
  }
  if (!field.value()->is_string()) {
    field.refuse(fmt::format("must be a string, not {}", config::describe(field.value()->kind())));
    return;
  }
  spec.body = field.value()->as_string();
}

void read_body_file_of(const ConfigField& field, const config::ConfigFolder& folder, RequestSpec& spec,
                       std::uint64_t bytes_left) {
  const auto path = config::read_file_path(field, {folder.path, config::FileChecks::kSkip});
  if (!path || folder.checks == config::FileChecks::kSkip) {
    return;
  }
  auto body = read_file(*path, bytes_left);
  if (body.has_error()) {
    field.refuse(body.error().to_string());
    return;
  }
  spec.body = *std::move(body);
}

void read_body(ConfigMap& map, const config::ConfigFolder& folder, RequestSpec& spec, std::uint64_t& bytes_left) {
  const ConfigField text = map.optional("body");
  const ConfigField file = map.optional("bodyFile");
  const ConfigField size = map.optional("bodyBytes");
  const ConfigField fill = map.optional("fill");
  if (int{text.present()} + int{file.present()} + int{size.present()} > 1) {
    map.field().refuse("has more than one of body, bodyFile and bodyBytes");
    return;
  }
  if (fill.present() && !size.present()) {
    fill.refuse("says what bodyBytes are; there are none");
  }
  read_body_text(text, spec);
  const auto filled_with = fill.one_of(kFills).value_or(Fill::kText);
  if (const auto bytes = size.quantity(Quantity::kBytes, {0, kMaxBodyBytes}); bytes && *bytes <= bytes_left) {
    spec.body = make_body(*bytes, filled_with);
  } else if (bytes) {
    size.refuse(fmt::format("all bodies together exceed {} bytes", kMaxBodyBytes));
  }
  read_body_file_of(file, folder, spec, bytes_left);
  bytes_left -= std::min<std::uint64_t>(bytes_left, spec.body.size());
}

RequestSpec read_request(const ConfigField& field, const config::ConfigFolder& folder, std::uint64_t& bytes_left) {
  RequestSpec spec;
  ConfigMap map(field);
  spec.name = map.optional("name").string().value_or(field.path());
  if (const auto weight = map.optional("weight").quantity(Quantity::kCount, {1, RequestMix::kMaxWeight})) {
    spec.weight = static_cast<std::uint32_t>(*weight);
  }
  spec.method = map.optional("method").parsed(&parse_method).value_or("");
  spec.path = map.required("path").parsed(&parse_path).value_or("/");
  read_headers(map.optional("headers"), spec);
  read_body(map, folder, spec, bytes_left);
  read_expect(map.optional("expect"), spec);
  map.refuse_unknown_keys();
  return spec;
}

}  // namespace

config::CheckedResult<std::vector<RequestSpec>> parse_mix(std::string_view text, const std::string& shown_name,
                                                          const config::ConfigFolder& folder) {
  const auto documents = config::parse_yaml(text, shown_name);
  if (!documents) {
    return documents.error();
  }
  if (documents->size() != 1 || documents->front().is_null()) {
    return config::Errors{{documents->size() > 1 ? "has more than one document" : "is empty", shown_name}};
  }
  config::ConfigErrors errors(shown_name);
  std::vector<RequestSpec> specs;
  std::uint64_t bytes_left = kMaxBodyBytes;
  ConfigMap map(ConfigField(&documents->front(), "", errors));
  (void)map.required("apiVersion").one_of(kApiVersions);
  (void)map.required("kind").one_of(kKinds);
  for (const ConfigField& field : map.required("requests").items(kMaxMixRequests)) {
    specs.push_back(read_request(field, folder, bytes_left));
  }
  map.refuse_unknown_keys();
  if (!errors.empty()) {
    return errors.sorted();
  }
  return specs;
}

config::CheckedResult<std::vector<RequestSpec>> load_mix(const std::filesystem::path& file) {
  const auto text = read_file(file, kMaxMixFileBytes);
  if (!text) {
    return config::Errors{text.error()};
  }
  return parse_mix(*text, file.string(), {file.parent_path(), config::FileChecks::kCheck});
}

config::Result<std::string> read_body_file(const std::filesystem::path& file) {
  return read_file(file, kMaxBodyBytes);
}

std::string make_body(std::uint64_t bytes, Fill fill) {
  constexpr std::string_view kProse = "The quick brown fox jumps over the lazy dog while the firewall looks on.\n";
  std::string body;
  body.reserve(bytes);
  std::mt19937_64 random(bytes);
  switch (fill) {
    case Fill::kText:
      while (body.size() < bytes) {
        body += kProse.substr(0, bytes - body.size());
      }
      break;
    case Fill::kRandom:
      while (body.size() < bytes) {
        body += static_cast<char>(random() >> 56U);
      }
      break;
  }
  return body;
}

}  // namespace gabion::bench
