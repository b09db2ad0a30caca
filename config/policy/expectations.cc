// Reads PolicyTest files strictly: a test whose condition is spelled wrong must not pass.
#include "config/policy/expectations.h"

#include "config/kube/fields.h"
#include "config/yaml_value.h"

namespace gabion::config::policy {
namespace {

using kube::Fields;
using kube::item_path;
using kube::Nulls;
using kube::Report;

constexpr std::string_view kApi = "gabion.dev/v1alpha1";
constexpr std::string_view kKind = "PolicyTest";

End read_end(Fields& fields, std::string_view key) {
  fields.require(key);
  const auto text = fields.text(key);
  if (!text) {
    return {};
  }
  auto end = End::parse(*text);
  if (!end) {
    fields.report(key, end.error().what);
    return {};
  }
  return std::move(*end);
}

void read_headers(const YamlValue& headers, const std::string& path, HttpRequest& request, Report& report) {
  for (const auto& entry : headers.entries()) {
    const bool list = entry.is_list();
    const std::size_t count = list ? entry.items().size() : 1;
    for (std::size_t i = 0; i < count; ++i) {
      const YamlValue& value = list ? entry.items()[i] : entry;
      if (!value.is_string()) {
        report.add(path + "." + entry.key(), entry.key_line(), "must be a string or a list of strings: quote numbers");
      }
      request.headers.emplace_back(entry.key(), std::string(value.as_string()));
    }
  }
}

HttpRequest read_request(const YamlValue& value, const std::string& path, Report& report) {
  HttpRequest request;
  Fields fields(value, path, report, Nulls::kRefused);
  request.method = fields.text("method").value_or("GET");
  request.target = fields.text("path").value_or("/");
  request.host = fields.text("host").value_or("");
  if (const auto* headers = fields.map("headers")) {
    read_headers(*headers, fields.path_of("headers"), request, report);
  }
  fields.refuse_others();
  return request;
}

SqlRequest read_statement(const YamlValue& value, const std::string& path, Report& report) {
  SqlRequest statement;
  Fields fields(value, path, report, Nulls::kRefused);
  fields.require("text");
  statement.text = fields.text("text").value_or("");
  statement.user = fields.text("user").value_or("");
  statement.database = fields.text("database").value_or("");
  fields.refuse_others();
  return statement;
}

void read_port(Fields& fields, Traffic& traffic) {
  fields.require("port");
  const auto number = fields.integer("port");
  if (number && (*number < 1 || *number > 65535)) {
    fields.report("port", "must be a number from 1 to 65535");
  }
  traffic.port = static_cast<std::uint16_t>(number.value_or(0));
  if (const auto protocol = fields.word("proto", {"TCP", "UDP", "SCTP"})) {
    traffic.protocol = static_cast<kube::IpProtocol>(*protocol);
  }
}

void read_identity(Fields& fields, Expectation& test) {
  const auto mtls = fields.boolean("mtls");
  const auto id = fields.text("spiffe");
  test.mtls = mtls.value_or(test.mtls) && !id;
  if (!id) {
    return;
  }
  if (mtls) {
    fields.report("spiffe", "must not stand beside mtls");
  }
  auto identity = SpiffeId::parse(*id);
  if (!identity) {
    fields.report("spiffe", identity.error().what);
    return;
  }
  test.traffic.identity = std::move(*identity);
}

Expectation read_test(const YamlValue& value, const std::string& path, const Expectation& defaults, Report& report) {
  Expectation test = defaults;
  Fields fields(value, path, report, Nulls::kRefused);
  test.line = value.line();
  test.traffic.from = read_end(fields, "from");
  test.traffic.to = read_end(fields, "to");
  read_port(fields, test.traffic);
  if (const auto* http = fields.map("http")) {
    test.traffic.request = read_request(*http, fields.path_of("http"), report);
  }
  if (const auto* sql = fields.map("sql")) {
    test.traffic.sql = read_statement(*sql, fields.path_of("sql"), report);
    if (test.traffic.request) {
      fields.report("sql", "must not stand beside http");
    }
  }
  read_identity(fields, test);
  fields.require("expect");
  test.allowed = fields.word("expect", {"allow", "deny"}) == std::size_t{0};
  test.rule = fields.text("rule").value_or("");
  test.name = fields.text("name").value_or(test.traffic.to_string());
  fields.refuse_others();
  return test;
}

ExpectationFile read_file(const YamlValue& document, Report& report) {
  ExpectationFile file;
  Fields fields(document, "", report, Nulls::kRefused);
  for (const auto& [key, wanted] : {std::pair("apiVersion", kApi), std::pair("kind", kKind)}) {
    fields.require(key);
    if (const auto given = fields.text(key); given && *given != wanted) {
      fields.report(key, "must be " + std::string(wanted));
    }
  }
  static_cast<void>(fields.map("metadata"));
  fields.require("manifests");
  file.manifests = fields.texts("manifests", kube::ItemCount{1, 1024});
  file.trust_domain = fields.text("trustDomain").value_or("cluster.local");
  Expectation defaults;
  defaults.mtls = fields.boolean("mtls").value_or(false);
  fields.require("tests");
  if (const auto* tests = fields.list("tests", kube::ItemCount{1, kMaxExpectations})) {
    for (std::size_t i = 0; i < tests->items().size(); ++i) {
      file.tests.push_back(read_test(tests->items()[i], item_path("tests", i), defaults, report));
    }
  }
  fields.refuse_others();
  return file;
}

}  // namespace

CheckedResult<ExpectationFile> parse_expectations(std::string_view text, std::string_view file) {
  const auto documents = parse_yaml(text, file);
  if (!documents) {
    return documents.error();
  }
  Report report{std::string(file)};
  if (documents->size() != 1) {
    return Errors{report.error("", 0, "must be one document of kind PolicyTest")};
  }
  auto read = read_file(documents->front(), report);
  if (report.count() > 0) {
    return report.errors();
  }
  return read;
}

}  // namespace gabion::config::policy
