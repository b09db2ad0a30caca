// Reads sample files strictly: a misspelled expectation must not pass.
#include "config/dlp/samples.h"

#include <charconv>

#include "config/kube/fields.h"
#include "config/yaml_value.h"

namespace gabion::config::dlp {
namespace {

using kube::Fields;
using kube::item_path;
using kube::ItemCount;
using kube::Nulls;
using kube::Report;

std::optional<std::uint64_t> read_offset(Fields& fields, std::string_view key) {
  const auto number = fields.integer(key);
  if (number && *number < 0) {
    fields.report(key, "must not be negative");
    return std::nullopt;
  }
  return number ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

ExpectedFinding read_finding(const YamlValue& value, const std::string& path, Report& report) {
  ExpectedFinding finding;
  Fields fields(value, path, report, Nulls::kRefused);
  fields.require("entity");
  finding.entity = fields.text("entity").value_or("");
  finding.value = fields.text("value");
  finding.start = read_offset(fields, "start");
  finding.end = read_offset(fields, "end");
  if (finding.start.has_value() != finding.end.has_value()) {
    fields.report("start", "stands together with end");
  }
  fields.refuse_others();
  return finding;
}

Sample read_sample(const YamlValue& value, const std::string& path, Report& report) {
  Sample sample;
  Fields fields(value, path, report, Nulls::kRefused);
  sample.line = value.line();
  sample.name = fields.text("name").value_or(path);
  fields.require("text");
  sample.text = fields.text("text").value_or("");
  fields.require("expect");
  if (const auto* expect = fields.list("expect", ItemCount{0, 1024})) {
    for (std::size_t at = 0; at < expect->items().size(); ++at) {
      sample.expect.push_back(read_finding(expect->items()[at], item_path(fields.path_of("expect"), at), report));
    }
  }
  fields.refuse_others();
  return sample;
}

/// "0.5" in hundredths.
std::uint8_t read_score(Fields& fields, std::uint8_t fallback) {
  const YamlValue* value = fields.find("minScore");
  if (value == nullptr) {
    return fallback;
  }
  const std::string_view text = value->text();
  double score = -1;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), score);
  if (status != std::errc() || end != text.data() + text.size() || !(score >= 0 && score <= 1)) {
    fields.report("minScore", "must be a number from 0 to 1");
    return fallback;
  }
  return static_cast<std::uint8_t>(score * 100 + 0.5);
}

SampleFile read_file(const YamlValue& document, Report& report) {
  SampleFile file;
  Fields fields(document, "", report, Nulls::kRefused);
  file.entities = fields.texts("entities", ItemCount{0, 1024});
  file.min_score = read_score(fields, file.min_score);
  fields.require("samples");
  if (const auto* samples = fields.list("samples", ItemCount{1, kMaxSamples})) {
    for (std::size_t at = 0; at < samples->items().size(); ++at) {
      file.samples.push_back(read_sample(samples->items()[at], item_path("samples", at), report));
    }
  }
  fields.refuse_others();
  return file;
}

}  // namespace

CheckedResult<SampleFile> parse_samples(std::string_view text, std::string_view file) {
  const auto documents = parse_yaml(text, file);
  if (!documents) {
    return documents.error();
  }
  Report report{std::string(file)};
  if (documents->size() != 1) {
    return Errors{report.error("", 0, "must be one document with samples")};
  }
  auto read = read_file(documents->front(), report);
  if (report.count() > 0) {
    return report.errors();
  }
  return read;
}

}  // namespace gabion::config::dlp
