// Selectors, peers and ports with the API server's checks, policy §1.4.
#include "config/kube/parts.h"

#include <array>
#include <charconv>
#include <utility>

#include "config/dns_name.h"
#include "config/kube/names.h"

namespace gabion::config::kube {
namespace {

constexpr std::string_view kBadKey = "is no label key: [prefix/]name, name at most 63 of [A-Za-z0-9_.-]";
constexpr std::string_view kBadValue =
    "is no label value: at most 63 of [A-Za-z0-9_.-], beginning and ending with a letter or digit";

LabelRequirement read_requirement(const YamlValue& value, const std::string& path, Report& report) {
  using Operator = LabelRequirement::Operator;
  constexpr std::array kOperators{Operator::kIn, Operator::kNotIn, Operator::kExists, Operator::kDoesNotExist};
  LabelRequirement made;
  Fields fields(value, path, report, Nulls::kAbsent);
  made.key = fields.text("key").value_or("");
  if (!is_label_key(made.key)) {
    fields.report("key", kBadKey);
  }
  fields.require("operator");
  const auto op = fields.word("operator", {"In", "NotIn", "Exists", "DoesNotExist"});
  made.op = op ? kOperators[*op] : Operator::kIn;
  const std::size_t before = report.count();
  made.values = fields.texts("values");
  const bool listed = made.op == Operator::kIn || made.op == Operator::kNotIn;
  if (op && listed == made.values.empty() && report.count() == before) {
    fields.report("values",
                  listed ? "must be given for In and NotIn" : "must not be given for Exists and DoesNotExist");
  }
  for (std::size_t i = 0; i < made.values.size(); ++i) {
    if (!is_label_value(made.values[i])) {
      report.add(item_path(fields.path_of("values"), i), fields.line(), kBadValue);
    }
  }
  fields.refuse_others();
  return made;
}

/// As it was written: "10.0.0.0/8" -> 8; -1 when there is none.
int written_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  int bits = -1;
  if (slash != std::string_view::npos) {
    std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
  }
  return bits;
}

void read_exceptions(Fields& fields, const std::string& cidr_text, IpBlock& block, Report& report) {
  const auto texts = fields.texts("except");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string path = item_path(fields.path_of("except"), i);
    const auto hole = Cidr::parse(texts[i]);
    if (!hole) {
      report.add(path, fields.line(), hole.error().what);
      continue;
    }
    const bool inside = block.cidr.contains(hole->network) && hole->prefix_bits > block.cidr.prefix_bits &&
                        written_prefix(texts[i]) > written_prefix(cidr_text);
    if (!inside) {
      report.add(path, fields.line(), texts[i] + " must be a strict subset of cidr " + cidr_text);
    }
    block.except.push_back(*hole);
  }
}

ServiceAccountPeer read_service_account(const YamlValue& value, const std::string& path, const std::string& name_space,
                                        Report& report) {
  ServiceAccountPeer made;
  Fields fields(value, path, report, Nulls::kRefused);
  fields.require("name");
  made.name_space = fields.text("namespace").value_or(name_space);
  if (!is_dns_label(made.name_space)) {
    fields.report("namespace", "is no namespace");
  }
  made.name = fields.text("name").value_or("*");
  if (made.name != "*" && !is_dns_subdomain(made.name)) {
    fields.report("name", "is no service account name, nor *");
  }
  if (auto trust_domain = fields.text("trustDomain")) {
    made.trust_domain = std::move(*trust_domain);
    if (made.trust_domain.empty() || made.trust_domain.size() > 253) {
      fields.report("trustDomain", "must have 1 to 253 bytes");
    }
  }
  fields.refuse_others();
  return made;
}

void check_peer_members(Fields& fields, const PeerSpec& peer, Report& report) {
  const bool selects = peer.pod_selector || peer.namespace_selector || peer.service_account;
  if (!peer.ip_block && !selects) {
    report.add(fields.path(), fields.line(), "must have a podSelector, namespaceSelector or ipBlock");
  }
  if (peer.ip_block && selects) {
    fields.report("ipBlock", "must stand alone, not beside a selector");
  }
}

}  // namespace

Labels read_labels(const YamlValue& value, const std::string& path, Report& report) {
  Labels labels;
  for (const auto& entry : value.entries()) {
    const std::string at = path + "." + entry.key();
    if (!is_label_key(entry.key())) {
      report.add(at, entry.key_line(), kBadKey);
    }
    if (entry.is_null()) {
      report.warn(at, entry.key_line(), "has no value, read as \"\"");
    } else if (!entry.is_string()) {
      report.add(at, entry.line(), "must be a string, not " + std::string(describe(entry.kind())) + ": quote it");
    } else if (!is_label_value(entry.as_string())) {
      report.add(at, entry.line(), kBadValue);
    }
    labels.emplace(entry.key(), std::string(entry.as_string()));
  }
  return labels;
}

LabelSelector read_selector(const YamlValue& value, const std::string& path, Report& report) {
  LabelSelector selector;
  Fields fields(value, path, report, Nulls::kAbsent);
  if (const auto* labels = fields.map("matchLabels")) {
    selector.match_labels = read_labels(*labels, fields.path_of("matchLabels"), report);
  }
  if (const auto* list = fields.list("matchExpressions")) {
    const std::string at = fields.path_of("matchExpressions");
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      selector.match_expressions.push_back(read_requirement(list->items()[i], item_path(at, i), report));
    }
  }
  fields.refuse_others();
  return selector;
}

IpBlock read_ip_block(const YamlValue& value, const std::string& path, Nulls nulls, Report& report) {
  IpBlock block;
  Fields fields(value, path, report, nulls);
  const std::size_t before = report.count();
  const auto text = fields.text("cidr");
  if (!text && report.count() == before) {
    fields.report("cidr", "is required");
  }
  const auto cidr = Cidr::parse(text.value_or(""));
  if (cidr) {
    block.cidr = *cidr;
    read_exceptions(fields, *text, block, report);
  } else {
    if (text) {
      fields.report("cidr", cidr.error().what);
    }
    static_cast<void>(fields.texts("except"));  // its types are checked, its meaning needs the cidr
  }
  fields.refuse_others();
  return block;
}

PeerSpec read_peer(const YamlValue& value, const std::string& path, PeerSchema schema, const std::string& name_space,
                   Report& report) {
  PeerSpec peer;
  Fields fields(value, path, report, Nulls::kAbsent);
  const std::size_t before = report.count();
  const Nulls nulls = schema == PeerSchema::kL7Policy ? Nulls::kRefused : Nulls::kAbsent;
  if (const auto* selector = fields.map("podSelector")) {
    peer.pod_selector = read_selector(*selector, fields.path_of("podSelector"), report);
  }
  if (const auto* selector = fields.map("namespaceSelector")) {
    peer.namespace_selector = read_selector(*selector, fields.path_of("namespaceSelector"), report);
  }
  if (const auto* block = fields.map("ipBlock")) {
    peer.ip_block = read_ip_block(*block, fields.path_of("ipBlock"), nulls, report);
  }
  const auto* account = value.find("serviceAccount");
  if (schema == PeerSchema::kL7Policy && account != nullptr) {
    if (account->is_null()) {
      fields.report("serviceAccount", "must not be null: leave it out or give it a value");
    }
    if (const auto* map = fields.map("serviceAccount")) {
      peer.service_account = read_service_account(*map, fields.path_of("serviceAccount"), name_space, report);
    }
  }
  fields.refuse_others();
  if (report.count() == before) {
    check_peer_members(fields, peer, report);
  }
  return peer;
}

void read_port_range(Fields& fields, PortSpec& port) {
  const auto* value = fields.find("port");
  const auto last = fields.integer("endPort");
  if (value == nullptr) {
    if (last) {
      fields.report("endPort", "needs a port");
    }
    return;
  }
  if (value->is_string()) {
    port.name = std::string(value->as_string());
    if (!is_port_name(port.name)) {
      fields.report("port", "is no port name: at most 15 of [a-z0-9-] with a letter, no -- and no - at an end");
    }
    if (last) {
      fields.report("endPort", "needs a port number, not a name");
    }
    return;
  }
  const auto first = value->as_integer();
  if (!value->is_integer() || first < 1 || first > 65535) {
    fields.report("port", "must be a number from 1 to 65535, or a name");
    return;
  }
  port.first = static_cast<std::uint16_t>(first);
  port.last = port.first;
  if (!last) {
    return;
  }
  if (*last < first || *last > 65535) {
    fields.report("endPort", "must be a number from port to 65535");
    return;
  }
  port.last = static_cast<std::uint16_t>(*last);
}

}  // namespace gabion::config::kube
