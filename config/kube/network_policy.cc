// networking.k8s.io/v1 NetworkPolicy, strictly: what the API server would refuse or prune is refused.
#include "config/kube/network_policy.h"

#include <utility>

#include "config/kube/defaults.h"
#include "config/kube/parts.h"

namespace gabion::config::kube {
namespace {

constexpr std::size_t kMostPolicyTypes = 2;

PortSpec read_port(const YamlValue& value, const std::string& path, Report& report) {
  PortSpec port;
  Fields fields(value, path, report, Nulls::kAbsent);
  if (const auto protocol = fields.word("protocol", {"TCP", "UDP", "SCTP"})) {
    port.protocol = static_cast<IpProtocol>(*protocol);
  }
  read_port_range(fields, port);
  fields.refuse_others();
  return port;
}

NetworkRule read_rule(const YamlValue& value, const std::string& path, std::string_view peers_key,
                      const std::string& name_space, Report& report) {
  NetworkRule rule;
  Fields fields(value, path, report, Nulls::kAbsent);
  if (const auto* list = fields.list(peers_key)) {
    rule.peers.emplace();
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      rule.peers->push_back(read_peer(list->items()[i], item_path(fields.path_of(peers_key), i),
                                      PeerSchema::kNetworkPolicy, name_space, report));
    }
  }
  if (const auto* list = fields.list("ports")) {
    rule.ports.emplace();
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      rule.ports->push_back(read_port(list->items()[i], item_path(fields.path_of("ports"), i), report));
    }
  }
  fields.refuse_others();
  apply_defaults(rule);
  return rule;
}

std::vector<NetworkRule> read_rules(Fields& spec, std::string_view section, std::string_view peers_key,
                                    const std::string& name_space, Report& report) {
  std::vector<NetworkRule> rules;
  if (const auto* list = spec.list(section)) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      rules.push_back(read_rule(list->items()[i], item_path(spec.path_of(section), i), peers_key, name_space, report));
    }
  }
  return rules;
}

/// V6. Nothing listed: nothing.
std::optional<PolicyTypes> read_types(Fields& spec, Report& report) {
  const auto words = spec.texts("policyTypes", ItemCount{0, kMostPolicyTypes});
  if (words.empty()) {
    return std::nullopt;
  }
  PolicyTypes types;
  for (std::size_t i = 0; i < words.size(); ++i) {
    types.ingress = types.ingress || words[i] == "Ingress";
    types.egress = types.egress || words[i] == "Egress";
    if (words[i] != "Ingress" && words[i] != "Egress") {
      report.add(item_path(spec.path_of("policyTypes"), i), spec.line(), "must be Ingress or Egress");
    }
  }
  return types;
}

/// What is left of a policy that was refused: closed, never open.
void make_unreadable(NetworkPolicy& policy, bool selector_readable, bool types_readable) {
  policy.unreadable = true;
  policy.ingress.clear();
  policy.egress.clear();
  if (!selector_readable) {
    policy.pod_selector = LabelSelector{};
  }
  if (!types_readable) {
    policy.isolates_ingress = true;
    policy.isolates_egress = true;
  }
}

}  // namespace

NetworkPolicy read_network_policy(const YamlValue& object, const std::string& path, ObjectName name, Report& report) {
  const YamlValue nothing;
  NetworkPolicy policy;
  policy.name = std::move(name);
  const auto* value = object.find("spec");
  Fields spec(value != nullptr ? *value : nothing, path + "spec", report, Nulls::kAbsent);
  const bool spec_readable = value == nullptr || value->is_null() || value->is_map();

  const std::size_t before_selector = report.count();
  if (const auto* selector = spec.map("podSelector")) {
    policy.pod_selector = read_selector(*selector, spec.path_of("podSelector"), report);
  }
  const bool selector_readable = spec_readable && report.count() == before_selector;

  const std::size_t before_types = report.count();
  const auto listed = read_types(spec, report);
  bool types_readable = spec_readable && report.count() == before_types;

  const std::size_t before_egress = report.count();
  policy.egress = read_rules(spec, "egress", "to", policy.name.name_space, report);
  const bool egress_readable = report.count() == before_egress;
  policy.ingress = read_rules(spec, "ingress", "from", policy.name.name_space, report);
  const bool fields_known = spec.refuse_others() == 0;

  const PolicyTypes types = default_policy_types(listed, !policy.egress.empty());
  policy.isolates_ingress = types.ingress;
  policy.isolates_egress = types.egress;
  types_readable = types_readable && (listed || (egress_readable && fields_known));
  if (report.count() > 0) {
    make_unreadable(policy, selector_readable, types_readable);
  }
  return policy;
}

}  // namespace gabion::config::kube
