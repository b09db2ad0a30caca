// Writes with yaml-cpp's emitter; quotes every text that is not plainly a string.
#include "config/kube/emit.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace gabion::config::kube {
namespace {

bool is_plain(std::string_view text) {
  constexpr std::array<std::string_view, 10> kWords{"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fine = [&letter](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/';
  };
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return !text.empty() && (letter(text.front()) || text.front() == '/') &&
         std::all_of(text.begin(), text.end(), fine) && std::find(kWords.begin(), kWords.end(), lower) == kWords.end();
}

class Writer {
 public:
  [[nodiscard]] std::string text() const { return out_.c_str(); }

  void key(std::string_view name) {
    out_ << YAML::Key;
    text(name);
    out_ << YAML::Value;
  }
  void text(std::string_view value) {
    if (is_plain(value)) {
      out_ << std::string(value);
    } else {
      out_ << YAML::DoubleQuoted << std::string(value);
    }
  }
  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void number(std::string_view name, std::uint64_t value) {
    key(name);
    out_ << value;
  }
  void flag(std::string_view name, bool value) {
    key(name);
    out_ << value;
  }
  void begin_map() { out_ << YAML::BeginMap; }
  void begin_short_map() { out_ << YAML::Flow << YAML::BeginMap; }
  void end_map() { out_ << YAML::EndMap; }
  void begin_list() { out_ << YAML::BeginSeq; }
  void end_list() { out_ << YAML::EndSeq; }

  void texts(std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) {
      return;
    }
    key(name);
    out_ << YAML::Flow << YAML::BeginSeq;
    for (const auto& value : values) {
      text(value);
    }
    out_ << YAML::EndSeq;
  }

  template <class Items, class Each>
  void list(std::string_view name, const Items& items, Each each) {
    if (items.empty()) {
      return;
    }
    key(name);
    begin_list();
    for (const auto& item : items) {
      each(item);
    }
    end_list();
  }

 private:
  YAML::Emitter out_;
};

std::string text_of(const Cidr& cidr) {
  return cidr.network.to_string() + "/" + std::to_string(cidr.prefix_bits);
}

void write_labels(Writer& out, std::string_view name, const Labels& labels) {
  if (labels.empty()) {
    return;
  }
  out.key(name);
  out.begin_short_map();
  for (const auto& [key, value] : labels) {
    out.key(key);
    out.text(value);
  }
  out.end_map();
}

void write_selector(Writer& out, std::string_view name, const LabelSelector& selector) {
  constexpr std::array<std::string_view, 4> kOperators{"In", "NotIn", "Exists", "DoesNotExist"};
  out.key(name);
  out.begin_short_map();
  write_labels(out, "matchLabels", selector.match_labels);
  out.list("matchExpressions", selector.match_expressions, [&](const LabelRequirement& one) {
    out.begin_map();
    out.member("key", one.key);
    out.member("operator", kOperators[static_cast<std::size_t>(one.op)]);
    out.texts("values", one.values);
    out.end_map();
  });
  out.end_map();
}

void write_peer(Writer& out, const PeerSpec& peer) {
  out.begin_map();
  if (peer.pod_selector) {
    write_selector(out, "podSelector", *peer.pod_selector);
  }
  if (peer.namespace_selector) {
    write_selector(out, "namespaceSelector", *peer.namespace_selector);
  }
  if (peer.ip_block) {
    out.key("ipBlock");
    out.begin_short_map();
    out.member("cidr", text_of(peer.ip_block->cidr));
    std::vector<std::string> holes;
    for (const auto& hole : peer.ip_block->except) {
      holes.push_back(text_of(hole));
    }
    out.texts("except", holes);
    out.end_map();
  }
  if (peer.service_account) {
    out.key("serviceAccount");
    out.begin_short_map();
    out.member("namespace", peer.service_account->name_space);
    out.member("name", peer.service_account->name);
    if (!peer.service_account->trust_domain.empty()) {
      out.member("trustDomain", peer.service_account->trust_domain);
    }
    out.end_map();
  }
  out.end_map();
}

/// Whose ports: those of an L7Policy are TCP and do not say so.
enum class PortsOf : std::uint8_t { kNetworkPolicy, kL7Policy };

void write_port(Writer& out, const PortSpec& port, PortsOf schema) {
  out.begin_short_map();
  if (schema == PortsOf::kNetworkPolicy) {
    out.member("protocol", to_string(port.protocol));
  }
  if (!port.name.empty()) {
    out.member("port", port.name);
  } else if (port.first != 0) {
    out.number("port", port.first);
    if (port.last != port.first) {
      out.number("endPort", port.last);
    }
  }
  out.end_map();
}

void write_http(Writer& out, const HttpMatch& item) {
  constexpr std::array<std::string_view, 4> kPaths{"exact", "prefix", "template", "regex"};
  constexpr std::array<std::string_view, 4> kHeaders{"exact", "prefix", "suffix", "regex"};
  out.begin_map();
  out.texts("methods", item.methods);
  out.list("paths", item.paths, [&](const PathMatch& path) {
    out.begin_short_map();
    out.member(kPaths[static_cast<std::size_t>(path.kind)], path.text);
    out.end_map();
  });
  out.texts("hosts", item.hosts);
  out.list("headers", item.headers, [&](const HeaderMatch& header) {
    out.begin_short_map();
    out.member("name", header.name);
    const auto kind = static_cast<std::size_t>(header.kind);
    if (kind < kHeaders.size()) {
      out.member(kHeaders[kind], header.text);
    } else {
      out.flag("present", header.kind == HeaderMatch::Kind::kPresent);
    }
    out.end_map();
  });
  out.end_map();
}

template <class Word, std::size_t Count>
std::vector<std::string> names_of(const std::vector<Word>& words, const std::array<std::string_view, Count>& names) {
  std::vector<std::string> result;
  for (const Word word : words) {
    result.emplace_back(names[static_cast<std::size_t>(word)]);
  }
  return result;
}

void write_limits(Writer& out, const SqlLimits& limits) {
  const std::array<std::pair<std::string_view, std::optional<std::uint64_t>>, 3> members{
      {{"rows", limits.rows}, {"bytes", limits.bytes}, {"statementBytes", limits.statement_bytes}}};
  if (std::none_of(members.begin(), members.end(), [](const auto& one) { return one.second.has_value(); })) {
    return;
  }
  out.key("limits");
  out.begin_short_map();
  for (const auto& [key, value] : members) {
    if (value) {
      out.number(key, *value);
    }
  }
  out.end_map();
}

void write_fingerprints(Writer& out, const SqlFingerprints& fingerprints) {
  constexpr std::array<std::string_view, 3> kModes{"Off", "Learn", "Enforce"};
  if (fingerprints.mode == SqlFingerprints::Mode::kOff && fingerprints.learnt.empty()) {
    return;
  }
  out.key("fingerprints");
  out.begin_map();
  out.member("mode", kModes[static_cast<std::size_t>(fingerprints.mode)]);
  out.texts("learnt", fingerprints.learnt);
  out.end_map();
}

void write_sql(Writer& out, const SqlMatch& item) {
  constexpr std::array<std::string_view, 5> kPresets{"psql", "jdbc", "asyncpg", "sqlalchemy", "pg_dump"};
  constexpr std::array<std::string_view, 2> kWrites{"UPDATE", "DELETE"};
  constexpr std::array<std::string_view, 3> kOffLogDeny{"Off", "Log", "Deny"};
  out.begin_map();
  out.texts("users", item.users);
  out.texts("databases", item.databases);
  out.texts("statements", item.statements);
  out.texts("tables", item.tables);
  out.texts("columns", item.columns);
  out.texts("functions", item.functions);
  out.texts("settings", item.settings);
  out.texts("presets", names_of(item.presets, kPresets));
  out.texts("requireWhere", names_of(item.require_where, kWrites));
  if (item.stacked == SqlStacked::kAllow) {
    out.member("stackedStatements", "Allow");
  }
  if (item.injection != SqlInjection::kLog) {
    out.member("injection", kOffLogDeny[static_cast<std::size_t>(item.injection)]);
  }
  if (item.taint != SqlTaint::kLog) {
    out.member("taint", kOffLogDeny[static_cast<std::size_t>(item.taint)]);
  }
  write_limits(out, item.limits);
  out.list("mask", item.mask, [&](const SqlMask& mask) {
    out.begin_short_map();
    out.member("column", mask.column);
    out.member("with", "Redact");
    out.end_map();
  });
  if (item.lost_lineage != SqlLostLineage::kDeny) {
    out.member("lostLineage", "Scan");
  }
  write_fingerprints(out, item.fingerprints);
  out.end_map();
}

void write_inspect(Writer& out, const L7Rule& rule) {
  constexpr std::array<std::string_view, 3> kActions{"Log", "Mask", "Block"};
  constexpr std::array<std::string_view, 3> kWays{"Request", "Response", "Both"};
  if (!rule.waf && rule.dlp.empty()) {
    return;
  }
  out.key("inspect");
  out.begin_map();
  if (rule.waf) {
    out.key("waf");
    out.begin_short_map();
    out.member("profile", rule.waf->profile);
    out.member("mode", rule.waf->mode == WafInspect::Mode::kBlock ? "Block" : "Detect");
    out.end_map();
  }
  out.list("dlp", rule.dlp, [&](const DlpInspect& one) {
    out.begin_short_map();
    out.member("profile", one.profile);
    out.member("action", kActions[static_cast<std::size_t>(one.action)]);
    out.member("direction", kWays[static_cast<std::size_t>(one.way)]);
    out.end_map();
  });
  out.end_map();
}

void write_l7_rule(Writer& out, const L7Rule& rule, std::string_view peers_key) {
  out.begin_map();
  if (!rule.name.empty()) {
    out.member("name", rule.name);
  }
  out.member("action", rule.action == RuleAction::kAllow ? "Allow" : "Deny");
  if (rule.peers) {
    out.list(peers_key, *rule.peers, [&](const PeerSpec& peer) { write_peer(out, peer); });
  }
  out.list("ports", rule.ports, [&](const PortSpec& port) { write_port(out, port, PortsOf::kL7Policy); });
  out.member("protocol", to_string(rule.protocol));
  out.list("http", rule.http, [&](const HttpMatch& item) { write_http(out, item); });
  out.list("sql", rule.sql, [&](const SqlMatch& item) { write_sql(out, item); });
  write_inspect(out, rule);
  out.end_map();
}

void write_network_rule(Writer& out, const NetworkRule& rule, std::string_view peers_key) {
  out.begin_map();
  if (rule.peers) {
    out.list(peers_key, *rule.peers, [&](const PeerSpec& peer) { write_peer(out, peer); });
  }
  if (rule.ports) {
    out.list("ports", *rule.ports, [&](const PortSpec& port) { write_port(out, port, PortsOf::kNetworkPolicy); });
  }
  out.end_map();
}

void write_head(Writer& out, std::string_view api, std::string_view kind, const ObjectName& name,
                const std::string& imported_from) {
  out.begin_map();
  out.member("apiVersion", api);
  out.member("kind", kind);
  out.key("metadata");
  out.begin_map();
  out.member("namespace", name.name_space);
  out.member("name", name.name);
  if (!imported_from.empty()) {
    out.key("annotations");
    out.begin_map();
    out.member(kImportedFrom, imported_from);
    out.end_map();
  }
  out.end_map();
  out.key("spec");
  out.begin_map();
}

}  // namespace

std::string to_yaml(const NetworkPolicy& policy, const std::string& imported_from) {
  Writer out;
  write_head(out, "networking.k8s.io/v1", "NetworkPolicy", policy.name, imported_from);
  write_selector(out, "podSelector", policy.pod_selector);
  std::vector<std::string> types;
  if (policy.isolates_ingress) {
    types.emplace_back("Ingress");
  }
  if (policy.isolates_egress) {
    types.emplace_back("Egress");
  }
  out.texts("policyTypes", types);
  out.list("ingress", policy.ingress, [&](const NetworkRule& rule) { write_network_rule(out, rule, "from"); });
  out.list("egress", policy.egress, [&](const NetworkRule& rule) { write_network_rule(out, rule, "to"); });
  out.end_map();
  out.end_map();
  return out.text() + "\n";
}

std::string to_yaml(const L7Policy& policy, const std::string& imported_from) {
  Writer out;
  write_head(out, "gabion.dev/v1alpha1", "L7Policy", policy.name, imported_from);
  write_selector(out, "podSelector", policy.pod_selector);
  out.member("mode", policy.mode == PolicyMode::kEnforce ? "Enforce" : "DryRun");
  out.list("ingress", policy.ingress, [&](const L7Rule& rule) { write_l7_rule(out, rule, "from"); });
  out.list("egress", policy.egress, [&](const L7Rule& rule) { write_l7_rule(out, rule, "to"); });
  out.end_map();
  out.end_map();
  return out.text() + "\n";
}

}  // namespace gabion::config::kube
