// Operations and conditions: ports, methods, paths, hosts, header values.
#include <algorithm>
#include <array>
#include <utility>

#include "config/kube/l7_text.h"
#include "config/policy/istio_rule.h"

namespace gabion::config::policy::istio {
namespace {

using kube::HeaderMatch;
using kube::PathMatch;

constexpr std::string_view kHeaderKey = "request.headers[";

int hex_value(char c) noexcept {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/// Percent escapes decoded; nothing if one is broken.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

/// The literal part of a pattern as our decoded view of paths has it; nothing if there is no safe reading.
std::optional<std::string> path_literal(std::string_view text, Effect effect) {
  if (is_unambiguous_path(text)) {
    return std::string(text);
  }
  if (effect == Effect::kAllow) {
    return std::nullopt;  // Istio compares the raw path: of two spellings it means one, we would take both
  }
  return decoded(text);
}

/// `*s`. An escape may end inside `s` in the raw path: a DENY then also takes any special character in its place.
std::vector<PathMatch> suffix_paths(const std::string& literal, Effect effect) {
  std::vector<PathMatch> result{{PathMatch::Kind::kRegex, ".*" + quote_regex(literal)}};
  for (std::size_t cut = 1; cut <= 2 && effect == Effect::kDeny; ++cut) {
    if (literal.size() >= cut && hex_value(literal[0]) >= 0 && hex_value(literal[cut - 1]) >= 0) {
      result.push_back({PathMatch::Kind::kRegex, ".*[^A-Za-z0-9/_.~-]" + quote_regex(literal.substr(cut))});
    }
  }
  return result;
}

/// Nothing: not expressible.
std::vector<PathMatch> path_of(std::string_view text, Effect effect) {
  using Kind = PathMatch::Kind;
  if (text.find('{') != std::string_view::npos) {
    std::string bare(text);
    for (const std::string_view token : {"{**}", "{*}"}) {
      for (std::size_t at = bare.find(token); at != std::string::npos; at = bare.find(token)) {
        bare.erase(at, token.size());
      }
    }
    const bool fine = kube::is_path_template(text) && is_unambiguous_path(bare);
    return fine ? std::vector{PathMatch{Kind::kTemplate, std::string(text)}} : std::vector<PathMatch>{};
  }
  const bool suffix = text.starts_with('*');
  const bool prefix = !suffix && text.ends_with('*');
  const auto literal = path_literal(text.substr(suffix ? 1 : 0, text.size() - (suffix || prefix ? 1 : 0)), effect);
  if (!literal) {
    return {};
  }
  const std::string checked = suffix ? "/" + literal->substr(literal->starts_with('/') ? 1 : 0) : *literal;
  if (!kube::is_plain_path(checked)) {
    return {};
  }
  if (suffix) {
    return suffix_paths(*literal, effect);
  }
  if (!prefix) {
    return {{Kind::kExact, *literal}};
  }
  return literal->ends_with('/') ? std::vector{PathMatch{Kind::kPrefix, *literal}}
                                 : std::vector{PathMatch{Kind::kRegex, quote_regex(*literal) + ".*"}};
}

bool has_any(const std::vector<std::string>& texts) {
  return std::find(texts.begin(), texts.end(), "*") != texts.end();
}

void read_paths(const std::vector<std::string>& texts, const std::string& at, Effect effect, kube::HttpMatch& out,
                ImportLog& log) {
  if (has_any(texts)) {
    return;
  }
  for (const auto& text : texts) {
    const auto paths = path_of(text, effect);
    if (paths.empty()) {
      log.add("E_PATH", at, "\"" + text + "\" has a byte that may also come escaped, or is not in normal form");
    }
    out.paths.insert(out.paths.end(), paths.begin(), paths.end());
  }
}

void read_methods(const std::vector<std::string>& texts, const std::string& at, kube::HttpMatch& out, ImportLog& log) {
  if (has_any(texts)) {
    return;
  }
  for (const auto& text : texts) {
    if (!kube::is_method(text) || text.find('*') != std::string::npos) {
      log.add("E_METHOD", at, "\"" + text + "\" is no single upper-case method");
    }
    out.methods.push_back(text);
  }
}

void read_hosts(const std::vector<std::string>& texts, const std::string& at, kube::HttpMatch& out, ImportLog& log) {
  if (has_any(texts)) {
    return;
  }
  bool without_port = false;
  for (std::string text : texts) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!kube::is_host_pattern(text)) {
      log.add("E_HOST", at, "\"" + text + "\" is no host, *.host or host:port");
    }
    without_port = without_port || text.rfind(':') == std::string::npos || text.ends_with(']');
    out.hosts.push_back(std::move(text));
  }
  if (without_port) {
    log.add("W_HOST_PORT", at, "Istio compares the port in Host as well; here a host without port means every port");
  }
}

std::optional<HeaderMatch> header_of(const std::string& name, std::string_view text) {
  using Kind = HeaderMatch::Kind;
  if (text == "*") {
    return HeaderMatch{name, Kind::kRegex, ".+"};  // present and not empty
  }
  const bool suffix = text.starts_with('*');
  const bool prefix = !suffix && text.ends_with('*');
  const std::string_view literal = text.substr(suffix ? 1 : 0, text.size() - (suffix || prefix ? 1 : 0));
  if (literal.empty() || literal.find('*') != std::string_view::npos) {
    return std::nullopt;
  }
  return HeaderMatch{name, suffix ? Kind::kSuffix : prefix ? Kind::kPrefix : Kind::kExact, std::string(literal)};
}

void read_header(std::string_view key, const std::vector<std::string>& values, const std::string& path, When& when,
                 ImportLog& log) {
  std::string name(key.substr(kHeaderKey.size(), key.size() - kHeaderKey.size() - 1));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!kube::is_policy_header(name)) {
    log.add("E_CONDITION", path, "a rule may not look at header \"" + name + "\"");
    return;
  }
  std::vector<HeaderMatch> choices;
  for (const auto& value : values) {
    const auto made = header_of(name, value);
    if (!made) {
      log.add("E_CONDITION", path, "\"" + value + "\" is no value, prefix* or *suffix");
      continue;
    }
    choices.push_back(*made);
  }
  when.headers.push_back(std::move(choices));
}

/// `source.*` conditions are read as the field of a source that means the same.
std::string_view source_field(std::string_view key) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kFields{
      {{"source.ip", "ipBlocks"},
       {"source.namespace", "namespaces"},
       {"source.principal", "principals"},
       {"source.serviceAccount", "serviceAccounts"}}};
  const auto found = std::find_if(kFields.begin(), kFields.end(), [key](const auto& one) { return one.first == key; });
  return found == kFields.end() ? std::string_view{} : found->second;
}

void read_condition(const YamlValue& value, const std::string& path, const std::string& name_space, When& when,
                    ImportLog& log) {
  kube::Fields fields(value, path, log.report(), kube::Nulls::kAbsent);
  fields.require("key");
  const std::string key = fields.text("key").value_or("");
  const auto values = values_of(fields, "values", log);
  if (fields.find("notValues") != nullptr) {
    log.add("E_NEGATIVE", fields.path_of("notValues"), "is not imported");
  } else if (values.empty()) {
    log.add("E_EMPTY", fields.path_of("values"), "has no value");
  }
  fields.refuse_others();
  if (const auto field = source_field(key); !field.empty()) {
    when.source = meet(when.source, source_by(field, values, fields.path_of("values"), name_space, log), path, log);
  } else if (key == "destination.port") {
    const auto ports = read_ports(values, fields.path_of("values"), log);
    if (when.ports) {
      log.add("E_COMBINATION", path, "two conditions on destination.port");
    }
    when.ports = ports;
  } else if (key.starts_with(kHeaderKey) && key.ends_with(']')) {
    read_header(key, values, fields.path_of("values"), when, log);
  } else if (key == "remote.ip") {
    log.add("E_XFF", fields.path_of("key"), "addresses from X-Forwarded-For decide nothing here");
  } else {
    log.add("E_CONDITION", fields.path_of("key"), "\"" + key + "\" is not imported");
  }
}

}  // namespace

bool Operation::has_unless() const noexcept {
  return !unless.methods.empty() || !unless.paths.empty() || !unless.hosts.empty();
}

Operation read_operation(const YamlValue& value, const std::string& path, Effect effect, ImportLog& log) {
  kube::Fields fields(value, path, log.report(), kube::Nulls::kAbsent);
  Operation made;
  const auto each = [&](std::string_view key, auto read) {
    const auto texts = values_of(fields, key, log);
    if (!texts.empty()) {
      read(texts, fields.path_of(key));
    }
  };
  const Effect opposite = effect == Effect::kAllow ? Effect::kDeny : Effect::kAllow;
  each("ports", [&](const auto& texts, const auto& at) { made.ports = read_ports(texts, at, log); });
  each("notPorts", [&](const auto& texts, const auto& at) {
    if (made.ports) {
      log.add("E_NEGATIVE", at, "stands beside ports");
    }
    made.ports = other_ports(read_ports(texts, at, log));
  });
  for (const std::string_view key : {"paths", "methods", "hosts"}) {
    made.has_http = made.has_http || fields.find(key) != nullptr;
  }
  each("paths", [&](const auto& texts, const auto& at) { read_paths(texts, at, effect, made.http, log); });
  each("methods", [&](const auto& texts, const auto& at) { read_methods(texts, at, made.http, log); });
  each("hosts", [&](const auto& texts, const auto& at) { read_hosts(texts, at, made.http, log); });
  const auto negative = [&](std::string_view key, auto read) {
    each(key, [&](const auto& texts, const auto& at) {
      if (has_any(texts)) {
        log.add("E_NEGATIVE", at, "excludes everything");
      }
      read(texts, at);
    });
  };
  negative("notPaths", [&](const auto& texts, const auto& at) { read_paths(texts, at, opposite, made.unless, log); });
  negative("notMethods", [&](const auto& texts, const auto& at) { read_methods(texts, at, made.unless, log); });
  negative("notHosts", [&](const auto& texts, const auto& at) { read_hosts(texts, at, made.unless, log); });
  fields.refuse_others();
  if (fields.size() == 0) {
    log.add("E_EMPTY", path, "names no operation");
  }
  return made;
}

When read_when(const YamlValue& list, const std::string& path, const std::string& name_space, ImportLog& log) {
  When when;
  for (std::size_t i = 0; i < list.items().size(); ++i) {
    read_condition(list.items()[i], kube::item_path(path, i), name_space, when, log);
  }
  return when;
}

}  // namespace gabion::config::policy::istio
