// Finds the objects, converts them one by one, and writes only what our own parser takes.
#include "config/policy/import_frame.h"

#include <algorithm>
#include <set>
#include <utility>

#include "config/dns_name.h"
#include "config/kube/defaults.h"
#include "config/kube/emit.h"
#include "config/kube/parse.h"
#include "config/yaml_value.h"

namespace gabion::config::policy {
namespace {

std::string text_at(const YamlValue& object, std::string_view key) {
  const auto* value = object.find(key);
  return value == nullptr ? std::string() : std::string(value->as_string());
}

class Import {
 public:
  explicit Import(const ImportKind& kind) : kind_(kind) {}

  void read(const ImportText& source) {
    const auto documents = parse_yaml(source.text, source.file);
    if (!documents) {
      for (const auto& error : documents.error()) {
        result_.findings.push_back({error.where, "E_YAML", error.what});
      }
      ++result_.refused;
      return;
    }
    for (std::size_t i = 0; i < documents->size(); ++i) {
      if (!(*documents)[i].is_null()) {
        read_object((*documents)[i], source.file + ":" + std::to_string(i + 1), "");
      }
    }
  }

  [[nodiscard]] ImportResult finish() && { return std::move(result_); }

 private:
  void read_object(const YamlValue& object, const std::string& place, const std::string& path) {
    const std::string kind = text_at(object, "kind");
    const auto* items = object.find("items");
    if (kind.ends_with("List") && items != nullptr && items->is_list()) {
      for (std::size_t i = 0; i < items->items().size(); ++i) {
        read_object(items->items()[i], place, path + kube::item_path("items", i) + ".");
      }
      return;
    }
    ImportLog log(place);
    const std::string api = text_at(object, "apiVersion");
    const bool ours = api.substr(0, api.find('/')) == kind_.api_group;
    const auto& refused = kind_.refused_kinds;
    if (ours && std::find(refused.begin(), refused.end(), kind) != refused.end()) {
      log.add("E_SCOPE", path + "kind", kind + " is not imported");
    } else if (!ours || kind != kind_.kind) {
      log.add("W_KIND", path + "kind", (kind.empty() ? "an object without kind" : kind) + " is left out");
    } else {
      convert(object, path, log);
    }
    auto findings = log.findings();
    result_.refused += log.failed() ? 1 : 0;
    result_.findings.insert(result_.findings.end(), findings.begin(), findings.end());
  }

  void convert(const YamlValue& object, const std::string& path, ImportLog& log) {
    const YamlValue nothing;
    const auto* metadata = object.find("metadata");
    kube::Fields fields(metadata != nullptr ? *metadata : nothing, path + "metadata", log.report(),
                        kube::Nulls::kAbsent);
    ImportSource source{object, {fields.text("namespace").value_or(kube::kDefaultNamespace), ""}, path};
    source.name.name = fields.text("name").value_or("");
    if (!is_dns_label(source.name.name_space) || !is_dns_subdomain(source.name.name)) {
      fields.report("name", "must have a usable name and namespace");
      return;
    }
    const Imported made = kind_.convert(source, log);
    if (!log.failed()) {
      write(source, made, log);
    }
  }

  void write(const ImportSource& source, const Imported& made, ImportLog& log) {
    const std::string origin = std::string(kind_.kind) + " " + source.name.to_string();
    std::string text;
    std::vector<std::string> names;
    for (const auto& policy : made.network_policies) {
      text += "---\n" + kube::to_yaml(policy, origin);
      names.push_back("NetworkPolicy " + policy.name.to_string());
    }
    for (const auto& policy : made.l7_policies) {
      for (const auto& part : split_to_schema(policy)) {
        text += "---\n" + kube::to_yaml(part, origin);
        names.push_back("L7Policy " + part.name.to_string());
      }
    }
    check(source, text, names, log);
    if (log.failed()) {
      return;
    }
    taken_.insert(names.begin(), names.end());
    result_.manifests += text;
    ++result_.imported;
  }

  void check(const ImportSource& source, const std::string& text, const std::vector<std::string>& names,
             ImportLog& log) {
    for (const auto& name : names) {
      if (taken_.contains(name)) {
        log.add("E_NAME", source.path + "metadata.name", name + " was written before");
      }
    }
    const auto read = kube::parse_manifests(text, "written");
    const Errors errors = read ? read->refusals : read.error();
    for (const auto& error : errors) {
      log.add("E_SIZE", source.path + "spec", "what it becomes is refused: " + error.to_string());
    }
  }

  const ImportKind& kind_;
  ImportResult result_;
  std::set<std::string> taken_;
};

/// `items` in pieces of at most `most`; one empty piece for none.
template <class T>
std::vector<std::vector<T>> pieces(const std::vector<T>& items, std::size_t most) {
  std::vector<std::vector<T>> result;
  for (std::size_t at = 0; at < items.size(); at += most) {
    const auto end = items.begin() + static_cast<std::ptrdiff_t>(std::min(at + most, items.size()));
    result.emplace_back(items.begin() + static_cast<std::ptrdiff_t>(at), end);
  }
  if (result.empty()) {
    result.emplace_back();
  }
  return result;
}

std::vector<kube::HttpMatch> split_item(const kube::HttpMatch& item) {
  std::vector<kube::HttpMatch> result;
  for (const auto& methods : pieces(item.methods, 16)) {
    for (const auto& paths : pieces(item.paths, 32)) {
      for (const auto& hosts : pieces(item.hosts, 32)) {
        result.push_back({methods, paths, hosts, item.headers});
      }
    }
  }
  return result;
}

std::vector<kube::L7Rule> split_rule(const kube::L7Rule& rule) {
  std::vector<kube::HttpMatch> items;
  for (const auto& item : rule.http) {
    const auto parts = split_item(item);
    items.insert(items.end(), parts.begin(), parts.end());
  }
  // A list of nobody is not the same as no list: written out it would mean anybody.
  const bool nobody = rule.peers && rule.peers->empty();
  const auto all_peers = nobody ? std::vector{nobody_peer()} : rule.peers.value_or(std::vector<kube::PeerSpec>{});
  std::vector<kube::L7Rule> result;
  for (const auto& http : pieces(items, 32)) {
    for (const auto& ports : pieces(rule.ports, 16)) {
      for (const auto& peers : pieces(all_peers, 32)) {
        kube::L7Rule part = rule;
        part.http = http;
        part.ports = ports;
        if (rule.peers) {
          part.peers = peers;
        }
        result.push_back(std::move(part));
      }
    }
  }
  return result;
}

std::vector<std::vector<kube::L7Rule>> split_rules(const std::vector<kube::L7Rule>& rules) {
  std::vector<kube::L7Rule> all;
  for (const auto& rule : rules) {
    const auto parts = split_rule(rule);
    all.insert(all.end(), parts.begin(), parts.end());
  }
  return pieces(all, 32);
}

}  // namespace

void ImportLog::add(std::string_view code, std::string_view path, std::string text) {
  findings_.push_back({place_ + ":" + std::string(path), std::string(code), std::move(text)});
}

std::vector<ImportFinding> ImportLog::findings() const {
  std::vector<ImportFinding> all;
  for (const auto& error : report_.errors()) {
    all.push_back({error.where, "E_FIELD", error.what});
  }
  all.insert(all.end(), findings_.begin(), findings_.end());
  return all;
}

bool ImportLog::failed() const {
  return report_.count() > 0 ||
         std::any_of(findings_.begin(), findings_.end(), [](const ImportFinding& one) { return one.is_error(); });
}

ImportResult run_import(const std::vector<ImportText>& texts, const ImportKind& kind) {
  Import import(kind);
  for (const auto& text : texts) {
    import.read(text);
  }
  return std::move(import).finish();
}

std::vector<kube::L7Policy> split_to_schema(const kube::L7Policy& policy) {
  const auto ingress = split_rules(policy.ingress);
  const auto egress = split_rules(policy.egress);
  std::vector<kube::L7Policy> result;
  for (std::size_t i = 0; i < std::max(ingress.size(), egress.size()); ++i) {
    kube::L7Policy part = policy;
    part.name.name += i == 0 ? "" : "-" + std::to_string(i + 1);
    part.ingress = i < ingress.size() ? ingress[i] : std::vector<kube::L7Rule>{};
    part.egress = i < egress.size() ? egress[i] : std::vector<kube::L7Rule>{};
    result.push_back(std::move(part));
  }
  return result;
}

kube::PortSpec tcp_ports(std::uint16_t first, std::uint16_t last) {
  return {kube::IpProtocol::kTcp, first, last, ""};
}

std::vector<kube::PortSpec> other_ports(const std::vector<kube::PortSpec>& ports) {
  std::vector<std::pair<int, int>> taken;
  for (const auto& port : ports) {
    taken.emplace_back(port.first, port.last);
  }
  std::sort(taken.begin(), taken.end());
  std::vector<kube::PortSpec> result;
  int next = 1;
  for (const auto& [first, last] : taken) {
    if (first > next) {
      result.push_back(tcp_ports(static_cast<std::uint16_t>(next), static_cast<std::uint16_t>(first - 1)));
    }
    next = std::max(next, last + 1);
  }
  if (next <= 65535) {
    result.push_back(tcp_ports(static_cast<std::uint16_t>(next), 65535));
  }
  return result;
}

kube::PeerSpec nobody_peer() {
  kube::PeerSpec peer;
  peer.namespace_selector.emplace();
  peer.namespace_selector->match_expressions.push_back(
      {"kubernetes.io/metadata.name", kube::LabelRequirement::Operator::kDoesNotExist, {}});
  return peer;
}

bool overlap(const Cidr& a, const Cidr& b) noexcept {
  return a.network.is_v4() == b.network.is_v4() &&
         (a.prefix_bits <= b.prefix_bits ? a.contains(b.network) : b.contains(a.network));
}

std::string quote_regex(std::string_view literal) {
  std::string text;
  for (const char c : literal) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) {
      text += '\\';
    }
    text += c;
  }
  return text;
}

bool is_unambiguous_path(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/_.~-").find(c) != std::string_view::npos;
  });
}

}  // namespace gabion::config::policy
