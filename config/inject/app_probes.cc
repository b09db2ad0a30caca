// JSON of a pod's own environment, read as strictly as a stranger's.
#include "config/inject/app_probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <optional>

#include "config/inject/tree.h"

namespace gabion::config::inject {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxText = 256 * 1024;
constexpr std::size_t kMaxProbes = 256;
constexpr std::int64_t kMaxSeconds = 300;
constexpr std::string_view kPrefix = "/app-health/";

/// What may stand in a request line: no blank, no control character, nothing beyond ASCII.
bool is_target(std::string_view text) {
  return !text.empty() && text.front() == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool is_field(std::string_view name, std::string_view value) {
  const auto is_token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token) &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}

/// The kubelet adds the slash.
std::string target_of(std::string_view path) {
  return path.empty() || path.front() != '/' ? fmt::format("/{}", path) : std::string(path);
}

std::optional<std::string> read_http(const json::value& form, AppProbe& probe) {
  const std::string_view scheme = text_of(member(&form, "scheme"));
  if (!scheme.empty() && scheme != "HTTP" && scheme != "HTTPS") {
    return "scheme is HTTP or HTTPS";
  }
  probe.form = scheme == "HTTPS" ? ProbeForm::kHttps : ProbeForm::kHttp;
  probe.target = target_of(text_of(member(&form, "path")));
  if (!is_target(probe.target)) {
    return "path has characters that a request line cannot have";
  }
  for (const json::value& header : items_of(member(&form, "httpHeaders"))) {
    const std::string_view name = text_of(member(&header, "name"));
    const std::string_view value = text_of(member(&header, "value"));
    if (!is_field(name, value)) {
      return "httpHeaders has one that is none";
    }
    probe.headers.emplace_back(name, value);
  }
  return std::nullopt;
}

std::optional<std::string> read_form(const json::value& declared, AppProbe& probe) {
  const json::value* const http = member(&declared, "httpGet");
  const json::value* const grpc = member(&declared, "grpc");
  const json::value* const tcp = member(&declared, "tcpSocket");
  const json::value* const form = http != nullptr ? http : grpc != nullptr ? grpc : tcp;
  const json::value* const port = member(form, "port");
  constexpr std::int64_t kMaxPort = 65'535;
  if (port == nullptr || !port->is_int64() || port->get_int64() < 1 || port->get_int64() > kMaxPort) {
    return "needs httpGet, tcpSocket or grpc with a port, 1 to 65535";
  }
  probe.port = static_cast<std::uint16_t>(port->get_int64());
  if (http != nullptr) {
    return read_http(*http, probe);
  }
  probe.form = grpc != nullptr ? ProbeForm::kGrpc : ProbeForm::kTcp;
  probe.service = text_of(member(form, "service"));
  return std::nullopt;
}

std::optional<std::string> read_probe(const json::value& declared, AppProbe& probe) {
  if (probe.path.substr(0, kPrefix.size()) != kPrefix || !is_target(probe.path)) {
    return fmt::format("is no path below {}", kPrefix);
  }
  if (const json::value* const seconds = member(&declared, "timeoutSeconds")) {
    if (!seconds->is_int64() || seconds->get_int64() < 1) {
      return "timeoutSeconds is a whole number, 1 or more";
    }
    probe.timeout = std::chrono::seconds(std::min(seconds->get_int64(), kMaxSeconds));
  }
  return read_form(declared, probe);
}

}  // namespace

CheckedResult<std::vector<AppProbe>> parse_app_probes(std::string_view text) {
  std::vector<AppProbe> probes;
  if (text.empty()) {
    return probes;
  }
  boost::system::error_code failure;
  const json::value all = text.size() > kMaxText ? json::value() : json::parse(text, failure);
  if (failure || !all.is_object() || all.get_object().size() > kMaxProbes) {
    return Errors{{fmt::format("is no JSON object of at most {} probes", kMaxProbes), "probes"}};
  }
  Errors errors;
  for (const auto& [path, declared] : all.get_object()) {
    AppProbe probe;
    probe.path.assign(path.data(), path.size());
    if (auto wrong = read_probe(declared, probe)) {
      errors.emplace_back(*std::move(wrong), fmt::format("probes: {}", probe.path));
    }
    probes.push_back(std::move(probe));
  }
  if (!errors.empty()) {
    return errors;
  }
  return probes;
}

}  // namespace gabion::config::inject
