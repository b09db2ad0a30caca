// CiliumNetworkPolicy -> NetworkPolicy for layer 4, and L7Policy where there are HTTP rules or denies.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "config/kube/names.h"
#include "config/policy/cilium_rule.h"
#include "config/policy/import.h"
#include "config/policy/import_frame.h"

namespace gabion::config::policy {
namespace cilium {
namespace {

using kube::AppProtocol;
using kube::IpProtocol;
using kube::L7Rule;
using kube::PortSpec;
using kube::RuleAction;

/// "80", "http", "0" (all).
bool read_number(std::string_view text, PortSpec& port, bool& all) {
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size()) {
    all = number == 0;
    port.first = all ? 0 : number;
    port.last = all ? 65535 : number;
    return true;
  }
  port.name = std::string(text);
  return kube::is_port_name(text);
}

std::vector<IpProtocol> read_protocol(const std::string& text, const std::string& path, const Reading& reading) {
  if (text.empty() || text == "ANY") {
    return {IpProtocol::kTcp, IpProtocol::kUdp, IpProtocol::kSctp};
  }
  for (const auto protocol : {IpProtocol::kTcp, IpProtocol::kUdp, IpProtocol::kSctp}) {
    if (text == kube::to_string(protocol)) {
      return {protocol};
    }
  }
  reading.log.add("E_PORT", path, "\"" + text + "\" is not imported");
  return {};
}

void read_port(const YamlValue& value, const std::string& path, const Reading& reading, std::vector<PortSpec>& out) {
  kube::Fields fields(value, path, reading.log.report(), kube::Nulls::kAbsent);
  fields.require("port");
  PortSpec port;
  bool all = false;
  if (!read_number(fields.text("port").value_or(""), port, all)) {
    reading.log.add("E_PORT", fields.path_of("port"), "is no port number or name");
  }
  if (const auto end = fields.integer("endPort"); end && *end != 0) {
    if (!port.name.empty() || all || *end < port.first || *end > 65535) {
      reading.log.add("E_PORT", fields.path_of("endPort"), "must be a number from port to 65535");
    }
    port.last = static_cast<std::uint16_t>(*end);
  }
  const auto protocol = fields.text("protocol").value_or("");
  fields.refuse_others();
  for (const auto one : read_protocol(protocol, fields.path_of("protocol"), reading)) {
    port.protocol = one;
    out.push_back(port);
  }
}

void read_l7(kube::Fields& item, const Reading& reading, PortRule& rule) {
  const auto* value = item.map("rules");
  if (value == nullptr) {
    return;
  }
  kube::Fields fields(*value, item.path_of("rules"), reading.log.report(), kube::Nulls::kAbsent);
  for (const std::string_view key : {"kafka", "dns", "l7", "l7proto"}) {
    if (fields.find(key) != nullptr) {
      reading.log.add("E_L7KIND", fields.path_of(key), "is not imported");
    }
  }
  const auto* list = fields.list("http");
  fields.refuse_others();
  if (list == nullptr) {
    return;
  }
  if (list->items().empty()) {
    reading.log.add("E_EMPTY", fields.path_of("http"), "has no item, which Cilium reads as every request");
  }
  rule.http.emplace();
  bool every = false;
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    auto made = read_http(list->items()[i], kube::item_path(fields.path_of("http"), i), reading);
    every = every || (made.methods.empty() && made.paths.empty() && made.hosts.empty() && made.headers.empty());
    rule.http->push_back(std::move(made));
  }
  if (every) {
    rule.http->clear();
  }
}

PortRule read_port_rule(const YamlValue& value, const std::string& path, const Reading& reading) {
  PortRule rule;
  kube::Fields fields(value, path, reading.log.report(), kube::Nulls::kAbsent);
  if (const auto* list = fields.list("ports")) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      read_port(list->items()[i], kube::item_path(fields.path_of("ports"), i), reading, rule.ports);
    }
  }
  if (rule.ports.empty()) {
    reading.log.add("E_PORT", fields.path_of("ports"), "names no port");
  }
  read_l7(fields, reading, rule);
  for (const std::string_view key : {"terminatingTLS", "originatingTLS", "serverNames", "listener"}) {
    if (fields.find(key) != nullptr) {
      reading.log.add("E_TLS", fields.path_of(key), "is not imported");
    }
  }
  fields.refuse_others();
  return rule;
}

/// Ports that both list, TCP. Nothing: a name and a number, which cannot be compared.
std::optional<std::vector<PortSpec>> common_ports(const PortSpec& a, const PortSpec& b) {
  if (!a.name.empty() || !b.name.empty()) {
    if (a.name == b.name) {
      return std::vector{a};
    }
    const PortSpec& number = a.name.empty() ? a : b;
    const bool all = number.name.empty() && number.first <= 1 && number.last == 65535;
    return all ? std::optional(std::vector{a.name.empty() ? b : a}) : std::nullopt;
  }
  const auto first = std::max<std::uint16_t>({a.first, b.first, 1});
  const auto last = std::min(a.last, b.last);
  return first > last ? std::vector<PortSpec>{} : std::vector{tcp_ports(first, last)};
}

std::vector<PortSpec> tcp_of(const std::vector<PortSpec>& ports) {
  std::vector<PortSpec> result;
  for (auto port : ports) {
    if (port.protocol == IpProtocol::kTcp) {
      port.first = port.name.empty() ? std::max<std::uint16_t>(port.first, 1) : port.first;
      result.push_back(std::move(port));
    }
  }
  return result;
}

/// The rules of one direction.
class Section {
 public:
  Section(Way way, const Reading& reading) : way_(way), reading_(reading) {}

  void read(kube::Fields& spec) {
    const std::string key = way_ == Way::kIngress ? "ingress" : "egress";
    read_list(spec, key, [this](const YamlValue& value, const std::string& path) { add_allow(value, path); });
    read_list(spec, key + "Deny", [this](const YamlValue& value, const std::string& path) { add_deny(value, path); });
    add_layer4_beside_layer7(spec.path_of(key));
  }

  [[nodiscard]] bool isolates() const noexcept { return isolates_; }
  [[nodiscard]] const std::vector<kube::NetworkRule>& network() const noexcept { return network_; }
  [[nodiscard]] const std::vector<L7Rule>& l7() const noexcept { return l7_; }

 private:
  struct Layer4 {
    std::optional<std::vector<kube::PeerSpec>> peers;
    std::vector<PortSpec> ports;
  };

  template <class Each>
  void read_list(kube::Fields& spec, const std::string& key, Each each) {
    const auto* list = spec.list(key);
    if (list == nullptr) {
      return;
    }
    isolates_ = true;
    if (list->items().empty()) {
      reading_.log.add("E_EMPTY", spec.path_of(key), "has no rule");
    }
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      each(list->items()[i], kube::item_path(spec.path_of(key), i));
    }
  }

  void add_allow(const YamlValue& value, const std::string& path) {
    const Rule rule = read_rule(value, path, way_, Purpose::kAllow, reading_);
    if (rule.nobody) {
      return;
    }
    if (rule.ports.empty()) {
      network_.push_back({rule.peers, std::nullopt});
      layer4_.push_back({rule.peers, {tcp_ports(1, 65535)}});
    }
    for (const auto& part : rule.ports) {
      network_.push_back({rule.peers, part.ports});
      if (!part.http) {
        layer4_.push_back({rule.peers, tcp_of(part.ports)});
        continue;
      }
      L7Rule made;
      made.peers = rule.peers;
      made.ports = tcp_of(part.ports);
      made.http = *part.http;
      if (made.ports.empty()) {
        reading_.log.add("E_PORT", path, "has HTTP rules on ports that are not TCP");
      }
      l7_.push_back(std::move(made));
    }
  }

  void add_deny(const YamlValue& value, const std::string& path) {
    const Rule rule = read_rule(value, path, way_, Purpose::kDeny, reading_);
    std::vector<PortSpec> ports;
    bool only_tcp = !rule.ports.empty();
    for (const auto& part : rule.ports) {
      only_tcp = only_tcp && !part.http && std::all_of(part.ports.begin(), part.ports.end(), [](const auto& port) {
                   return port.protocol == IpProtocol::kTcp;
                 });
      const auto some = tcp_of(part.ports);
      ports.insert(ports.end(), some.begin(), some.end());
    }
    if (!only_tcp) {
      reading_.log.add("E_DENY", path, "is not limited to TCP ports");
    }
    if (rule.nobody || ports.empty()) {
      return;
    }
    L7Rule made;
    made.action = RuleAction::kDeny;
    made.peers = rule.peers;
    made.ports = std::move(ports);
    made.protocol = AppProtocol::kTcp;
    l7_.push_back(std::move(made));
  }

  /// An L7 rule closes its ports here; whom a layer-4 rule lets in there keeps being let in.
  void add_layer4_beside_layer7(const std::string& path) {
    const std::size_t count = l7_.size();
    for (const auto& plain : layer4_) {
      for (std::size_t i = 0; i < count; ++i) {
        if (l7_[i].action == RuleAction::kAllow) {
          add_beside(plain, L7Rule(l7_[i]), path);
        }
      }
    }
  }

  void add_beside(const Layer4& plain, const L7Rule& closing, const std::string& path) {
    std::vector<PortSpec> ports;
    bool comparable = true;
    for (const auto& one : plain.ports) {
      for (const auto& other : closing.ports) {
        const auto common = common_ports(one, other);
        comparable = comparable && common.has_value();
        if (common) {
          ports.insert(ports.end(), common->begin(), common->end());
        }
      }
    }
    if (ports.empty() && comparable) {
      return;
    }
    const bool shadows = may_overlap(plain.peers, closing.peers, reading_.name_space);
    if (!comparable || (shadows && !reading_.options.cilium_compat)) {
      reading_.log.add("E_L4_SHADOWS_L7", path,
                       comparable ? "for peers of a layer-4 rule Cilium ignores the HTTP rule on the same port"
                                  : "a layer-4 rule and an HTTP rule name ports by name and by number");
      return;
    }
    L7Rule made;
    made.name = "layer-4";
    made.peers = plain.peers;
    made.ports = std::move(ports);
    made.protocol = AppProtocol::kTcp;
    l7_.push_back(std::move(made));
  }

  Way way_;
  const Reading& reading_;
  bool isolates_ = false;
  std::vector<kube::NetworkRule> network_;
  std::vector<L7Rule> l7_;
  std::vector<Layer4> layer4_;
};

void refuse_default_deny(kube::Fields& spec, const Reading& reading) {
  const auto* value = spec.map("enableDefaultDeny");
  if (value == nullptr) {
    return;
  }
  kube::Fields fields(*value, spec.path_of("enableDefaultDeny"), reading.log.report(), kube::Nulls::kAbsent);
  for (const std::string_view key : {"ingress", "egress"}) {
    if (fields.boolean(key) == false) {
      reading.log.add("E_DEFAULT_DENY", fields.path_of(key), "a policy that closes nothing is not imported");
    }
  }
  fields.refuse_others();
}

/// Adds one rule set, `spec` or an item of `specs`, under `name`.
void convert_spec(const YamlValue& value, const std::string& path, const kube::ObjectName& name, const Reading& reading,
                  Imported& made) {
  kube::Fields spec(value, path, reading.log.report(), kube::Nulls::kAbsent);
  kube::NetworkPolicy policy;
  policy.name = name;
  if (spec.find("nodeSelector") != nullptr) {
    reading.log.add("E_SCOPE", spec.path_of("nodeSelector"), "policies of nodes are not imported");
  } else if (const auto* selector = spec.map("endpointSelector")) {
    policy.pod_selector = read_own_selector(*selector, spec.path_of("endpointSelector"), reading);
  } else {
    spec.report("endpointSelector", "is required");
  }
  for (const std::string_view key : {"description", "labels"}) {
    static_cast<void>(spec.find(key));
  }
  refuse_default_deny(spec, reading);
  Section ingress(Way::kIngress, reading);
  Section egress(Way::kEgress, reading);
  ingress.read(spec);
  egress.read(spec);
  spec.refuse_others();
  policy.isolates_ingress = ingress.isolates();
  policy.isolates_egress = egress.isolates();
  policy.ingress = ingress.network();
  policy.egress = egress.network();
  if (policy.isolates_ingress || policy.isolates_egress) {
    made.network_policies.push_back(policy);
  }
  if (!ingress.l7().empty() || !egress.l7().empty()) {
    made.l7_policies.push_back(
        {name, policy.pod_selector, kube::PolicyMode::kEnforce, ingress.l7(), egress.l7(), false});
  }
}

Imported convert(const ImportSource& source, const ImportOptions& options, ImportLog& log) {
  const Reading reading{source.name.name_space, options, log};
  Imported made;
  const auto* spec = source.object.find("spec");
  const auto* specs = source.object.find("specs");
  if (spec != nullptr && !spec->is_null()) {
    convert_spec(*spec, source.path + "spec", source.name, reading, made);
  }
  for (std::size_t i = 0; specs != nullptr && i < specs->items().size(); ++i) {
    const kube::ObjectName name{source.name.name_space, source.name.name + "-spec-" + std::to_string(i + 1)};
    convert_spec(specs->items()[i], kube::item_path(source.path + "specs", i), name, reading, made);
  }
  const bool empty_specs = specs == nullptr || specs->items().empty();
  if ((spec == nullptr || spec->is_null()) && empty_specs) {
    log.add("E_FIELD", source.path + "spec", "is required");
  }
  return made;
}

}  // namespace

Rule read_rule(const YamlValue& value, const std::string& path, Way way, Purpose purpose, const Reading& reading) {
  Rule rule;
  kube::Fields fields(value, path, reading.log.report(), kube::Nulls::kAbsent);
  read_peers(fields, way, purpose, reading, rule);
  if (const auto* list = fields.list("toPorts")) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      rule.ports.push_back(read_port_rule(list->items()[i], kube::item_path(fields.path_of("toPorts"), i), reading));
    }
    if (list->items().empty()) {
      reading.log.add("E_EMPTY", fields.path_of("toPorts"), "has no item");
    }
  }
  if (fields.find("authentication") != nullptr) {
    reading.log.add("E_AUTH", fields.path_of("authentication"), "is not imported");
  }
  fields.refuse_others();
  rule.nobody = rule.nobody || value.entries().empty();  // {} isolates and lets nobody in
  return rule;
}

}  // namespace cilium

ImportResult import_cilium(const std::vector<ImportText>& texts, const ImportOptions& options) {
  return run_import(texts, {"cilium.io",
                            "CiliumNetworkPolicy",
                            {"CiliumClusterwideNetworkPolicy"},
                            [&](const auto& source, ImportLog& log) { return cilium::convert(source, options, log); }});
}

}  // namespace gabion::config::policy
