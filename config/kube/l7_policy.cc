// gabion.dev/v1alpha1 L7Policy, strictly; a refused one keeps nothing but the ports it closes.
#include "config/kube/l7_policy.h"

#include <algorithm>
#include <utility>

#include "config/kube/l7_conditions.h"
#include "config/kube/parts.h"

namespace gabion::config::kube {
namespace {

constexpr ItemCount kRuleCount{1, 32};
constexpr ItemCount kPeerCount{1, 32};
constexpr ItemCount kPortCount{1, 16};
constexpr ItemCount kConditionCount{1, 32};
constexpr std::size_t kMaxRuleNameBytes = 63;
constexpr std::size_t kMaxLabels = 16;
constexpr std::size_t kMaxValues = 32;

/// What one direction came to, with the ports it would close if the policy is refused.
struct Section {
  std::vector<L7Rule> rules;
  std::vector<PortSpec> named_ports;
  bool ports_readable = true;
};

/// The schema's sizes, which a NetworkPolicy's selectors do not have.
void check_size(std::size_t size, std::size_t most, const std::string& path, int line, Report& report) {
  if (size > most) {
    report.add(path, line, "has more than " + std::to_string(most) + " items");
  }
}

void check_sizes(const LabelSelector& selector, const std::string& path, int line, Report& report) {
  check_size(selector.match_labels.size(), kMaxLabels, path + ".matchLabels", line, report);
  const auto& list = selector.match_expressions;
  check_size(list.size(), kMaxLabels, path + ".matchExpressions", line, report);
  for (std::size_t i = 0; i < list.size(); ++i) {
    check_size(list[i].values.size(), kMaxValues, item_path(path + ".matchExpressions", i) + ".values", line, report);
  }
}

void check_sizes(const PeerSpec& peer, const std::string& path, int line, Report& report) {
  if (peer.pod_selector) {
    check_sizes(*peer.pod_selector, path + ".podSelector", line, report);
  }
  if (peer.namespace_selector) {
    check_sizes(*peer.namespace_selector, path + ".namespaceSelector", line, report);
  }
  if (peer.ip_block) {
    check_size(peer.ip_block->except.size(), kMaxValues, path + ".ipBlock.except", line, report);
  }
}

PortSpec read_port(const YamlValue& value, const std::string& path, Report& report) {
  PortSpec port;
  Fields fields(value, path, report, Nulls::kRefused);
  fields.require("port");
  read_port_range(fields, port);
  fields.refuse_others();
  return port;
}

void read_ports(Fields& fields, L7Rule& rule, Section& section, Report& report) {
  const std::size_t before = report.count();
  fields.require("ports");
  if (const auto* list = fields.list("ports", kPortCount)) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      rule.ports.push_back(read_port(list->items()[i], item_path(fields.path_of("ports"), i), report));
    }
  }
  section.ports_readable = section.ports_readable && report.count() == before;
  section.named_ports.insert(section.named_ports.end(), rule.ports.begin(), rule.ports.end());
}

void read_peers(Fields& fields, std::string_view key, const std::string& name_space, L7Rule& rule, Report& report) {
  const auto* list = fields.list(key, kPeerCount);
  if (list == nullptr) {
    return;
  }
  rule.peers.emplace();
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    const std::string path = item_path(fields.path_of(key), i);
    rule.peers->push_back(read_peer(list->items()[i], path, PeerSchema::kL7Policy, name_space, report));
    check_sizes(rule.peers->back(), path, list->items()[i].line(), report);
  }
}

void read_conditions(Fields& fields, L7Rule& rule, Report& report) {
  if (const auto* list = fields.list("http", kConditionCount)) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      rule.http.push_back(read_http_match(list->items()[i], item_path(fields.path_of("http"), i), report));
    }
  }
  if (const auto* list = fields.list("sql", kConditionCount)) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      rule.sql.push_back(read_sql_match(list->items()[i], item_path(fields.path_of("sql"), i), report));
    }
  }
  if (const auto* inspect = fields.map("inspect")) {
    read_inspect(*inspect, fields.path_of("inspect"), rule, report);
  }
}

void check_deny(Fields& fields, Report& report) {
  const auto* list = fields.find("sql");
  for (std::size_t i = 0; list != nullptr && i < list->items().size(); ++i) {
    check_deny_sql(list->items()[i], item_path(fields.path_of("sql"), i), report);
  }
}

/// The CRD's cross-field rules.
void check_members(Fields& fields, const L7Rule& rule) {
  const bool sql = rule.protocol == AppProtocol::kMysql || rule.protocol == AppProtocol::kPostgresql;
  const bool inspects = rule.waf || !rule.dlp.empty();
  if (!rule.http.empty() && rule.protocol != AppProtocol::kHttp) {
    fields.report("http", "needs protocol HTTP");
  }
  if (!rule.sql.empty() && !sql) {
    fields.report("sql", "needs protocol MySQL or PostgreSQL");
  }
  if (inspects && rule.action != RuleAction::kAllow) {
    fields.report("inspect", "is for Allow rules");
  }
  if (inspects && rule.protocol == AppProtocol::kTcp) {
    fields.report("inspect", "needs a parsed protocol");
  }
  if (rule.waf && rule.protocol != AppProtocol::kHttp) {
    fields.report("inspect", "waf needs protocol HTTP");
  }
}

L7Rule read_rule(const YamlValue& value, const std::string& path, std::string_view peers_key,
                 const std::string& name_space, Section& section, Report& report) {
  L7Rule rule;
  Fields fields(value, path, report, Nulls::kRefused);
  rule.name = fields.text("name").value_or("");
  if (rule.name.size() > kMaxRuleNameBytes) {
    fields.report("name", "must have at most 63 bytes");
  }
  if (const auto action = fields.word("action", {"Allow", "Deny"})) {
    rule.action = static_cast<RuleAction>(*action);
  }
  fields.require("protocol");
  const auto protocol = fields.word("protocol", {"HTTP", "MySQL", "PostgreSQL", "TCP"});
  if (protocol) {
    rule.protocol = static_cast<AppProtocol>(*protocol);
  }
  read_peers(fields, peers_key, name_space, rule, report);
  read_ports(fields, rule, section, report);
  read_conditions(fields, rule, report);
  fields.refuse_others();
  if (protocol) {
    check_members(fields, rule);
  }
  if (rule.action == RuleAction::kDeny) {
    check_deny(fields, report);
  }
  return rule;
}

Section read_section(Fields& spec, std::string_view key, std::string_view peers_key, const std::string& name_space,
                     Report& report) {
  Section section;
  const std::size_t before = report.count();
  const auto* list = spec.list(key, kRuleCount);
  if (list == nullptr) {
    section.ports_readable = report.count() == before;
    return section;
  }
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    section.rules.push_back(
        read_rule(list->items()[i], item_path(spec.path_of(key), i), peers_key, name_space, section, report));
  }
  return section;
}

/// The rules of a refused direction.
std::vector<L7Rule> closing_rules(const Section& section, bool known_to_exist) {
  L7Rule rule;
  rule.action = RuleAction::kDeny;
  rule.protocol = AppProtocol::kTcp;
  rule.ports = section.named_ports;
  if (!known_to_exist || !section.ports_readable) {
    rule.ports = {PortSpec{}};
  }
  return rule.ports.empty() ? std::vector<L7Rule>{} : std::vector<L7Rule>{rule};
}

/// Everything of a spec but its podSelector.
void read_spec(Fields& spec, bool spec_readable, L7Policy& policy, Report& report) {
  if (const auto mode = spec.word("mode", {"Enforce", "DryRun"})) {
    policy.mode = static_cast<PolicyMode>(*mode);
  }
  Section ingress = read_section(spec, "ingress", "from", policy.name.name_space, report);
  Section egress = read_section(spec, "egress", "to", policy.name.name_space, report);
  const bool fields_known = spec.refuse_others() == 0 && spec_readable;
  if (report.count() == 0 && ingress.rules.empty() && egress.rules.empty()) {
    report.add(spec.path(), spec.line(), "must have ingress or egress");
  }
  if (report.count() == 0) {
    policy.ingress = std::move(ingress.rules);
    policy.egress = std::move(egress.rules);
    return;
  }
  // A field nobody knows may be a direction spelled wrong: a direction that is not there is then closed as a whole.
  policy.unreadable = true;
  policy.ingress = closing_rules(ingress, fields_known || !ingress.rules.empty());
  policy.egress = closing_rules(egress, fields_known || !egress.rules.empty());
  if (policy.ingress.empty() && policy.egress.empty()) {
    policy.ingress = closing_rules(ingress, false);
    policy.egress = closing_rules(egress, false);
  }
}

}  // namespace

L7Policy read_l7_policy(const YamlValue& object, const std::string& path, ObjectName name, Report& report) {
  const YamlValue nothing;
  L7Policy policy;
  policy.name = std::move(name);
  const auto* value = object.find("spec");
  const bool readable = value != nullptr && value->is_map();
  Fields spec(value != nullptr ? *value : nothing, path + "spec", report, Nulls::kRefused);
  if (value == nullptr || value->is_null()) {
    report.add(path + "spec", object.line(), "is required");
  }
  const std::size_t before = report.count();
  if (readable) {
    spec.require("podSelector");
  }
  if (const auto* selector = spec.map("podSelector")) {
    policy.pod_selector = read_selector(*selector, spec.path_of("podSelector"), report);
    check_sizes(policy.pod_selector, spec.path_of("podSelector"), selector->line(), report);
  }
  if (report.count() != before) {
    policy.pod_selector = LabelSelector{};
  }
  read_spec(spec, readable, policy, report);
  return policy;
}

L7Policy read_l7_annotation(const YamlValue& value, const std::string& path, ObjectName name, LabelSelector selector,
                            Report& report) {
  L7Policy policy;
  policy.name = std::move(name);
  policy.pod_selector = std::move(selector);
  Fields spec(value, path, report, Nulls::kRefused);
  read_spec(spec, value.is_map(), policy, report);
  return policy;
}

}  // namespace gabion::config::kube
