// gabion.yaml from its text to values: the top level; sections and listeners have their own files.
#include "config/proxy_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

#include "config/config_field.h"
#include "config/config_files.h"
#include "config/limit_rules.h"
#include "config/proxy_config_capture.h"
#include "config/proxy_config_gateway.h"
#include "config/proxy_config_listeners.h"
#include "config/proxy_config_sections.h"
#include "config/yaml_value.h"

namespace gabion::config {
namespace {

namespace fs = std::filesystem;

constexpr Word<int> kApiVersions[] = {{"gabion.dev/v1alpha1", 1}};
constexpr Word<int> kKinds[] = {{"Proxy", 1}};

/// The one document that says something.
CheckedResult<YamlValue> only_document(std::vector<YamlValue> documents, const std::string& shown_name) {
  YamlValue* only = nullptr;
  for (YamlValue& document : documents) {
    if (document.is_null()) {
      continue;
    }
    if (only != nullptr) {
      return Errors{{"a second document; one is expected", fmt::format("{}:{}", shown_name, document.line())}};
    }
    only = &document;
  }
  if (only == nullptr) {
    return Errors{{"is empty", shown_name}};
  }
  return std::move(*only);
}

ProxyConfig read_config(const YamlValue& document, const ConfigFolder& folder, ConfigErrors& errors) {
  ProxyConfig config;
  ConfigMap map(ConfigField(&document, "", errors));
  (void)map.required("apiVersion").one_of(kApiVersions);
  (void)map.required("kind").one_of(kKinds);
  read_identity(map.optional("identity"), folder, config);
  read_admin(map.optional("admin"), config.admin);
  read_gateway(map, config);
  read_policy(map.required("policy"), folder, config);
  read_deny(map.optional("deny"), config);
  read_inspection(map.optional("inspection"), folder, config);
  read_limits(map.optional("limits"), config.limits);
  read_timeouts(map.optional("timeouts"), config.timeouts);
  read_postgres(map.optional("postgres"), config.postgres);
  read_overload(map.optional("overload"), config.overload);
  read_endpoints(map.optional("endpoints"), config.endpoints);
  read_drain(map.optional("drain"), config.drain);
  read_log(map.optional("log"), folder, config.log);
  if (const auto workers = map.optional("workers").quantity(Quantity::kCount, kWorkersRange)) {
    config.workers = static_cast<std::uint32_t>(*workers);
  }
  const ConfigField inbound = map.optional("inbound");
  const ConfigField outbound = map.optional("outbound");
  const ConfigField capture = map.optional("capture");
  read_capture(capture, config);
  if (map.present() && !inbound.present() && !outbound.present() && !capture.present()) {
    map.field().refuse("needs inbound, outbound or both");
  } else if (config.gateway && !capture.present()) {
    map.field().refuse("mode gateway: needs capture, with inbound and outbound");
  }
  read_listeners(inbound, outbound, folder, config);
  map.refuse_unknown_keys();
  return config;
}

/// `shown_name` is the file as the operator wrote it, for messages.
CheckedResult<ProxyConfig> parse(std::string_view text, const std::string& shown_name, const fs::path& file,
                                 FileChecks checks) {
  auto documents = parse_yaml(text, shown_name);
  if (!documents) {
    return documents.error();
  }
  const auto document = only_document(*std::move(documents), shown_name);
  if (!document) {
    return document.error();
  }
  ConfigErrors errors(shown_name);
  ProxyConfig config = read_config(*document, {file.parent_path(), checks}, errors);
  if (!errors.empty()) {
    return errors.sorted();
  }
  config.file = file;
  return config;
}

/// At most one byte more than is allowed, so that the reader of the text sees that it is too long.
Result<std::string> read_text(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) {
    return Error{error ? error.message() : "No such file or directory", file.string()};
  }
  if (!fs::is_regular_file(status)) {
    return Error{"is not a file", file.string()};
  }
  std::ifstream input(file, std::ios::binary);
  std::string text(kMaxYamlDocumentBytes + 1, '\0');
  if (!input.is_open()) {
    return Error{"cannot be opened for reading", file.string()};
  }
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (input.bad()) {
    return Error{"cannot be read", file.string()};
  }
  text.resize(static_cast<std::size_t>(input.gcount()));
  return text;
}

}  // namespace

CheckedResult<ProxyConfig> load_proxy_config(const fs::path& file) {
  const auto text = read_text(file);
  if (!text) {
    return Errors{text.error()};
  }
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error);
  if (error) {
    return Errors{{error.message(), file.string()}};
  }
  return parse(*text, file.string(), absolute.lexically_normal(), FileChecks::kCheck);
}

CheckedResult<ProxyConfig> parse_proxy_config(std::string_view text, const fs::path& file, bool check_files) {
  return parse(text, file.string(), file, check_files ? FileChecks::kCheck : FileChecks::kSkip);
}

bool speaks_sql(const ProxyConfig& config) noexcept {
  if (config.gateway) {
    return true;  // what is not declared may be
  }
  const auto is_sql = [](const auto& listener) {
    return listener.protocol == Protocol::kPostgres || listener.protocol == Protocol::kAuto;
  };
  return std::any_of(config.inbound.begin(), config.inbound.end(), is_sql) ||
         std::any_of(config.outbound.begin(), config.outbound.end(), is_sql);
}

}  // namespace gabion::config
