// Endpoints, CIDRs and entities as peers of ours.
#include <algorithm>
#include <array>
#include <utility>

#include "config/policy/cilium_rule.h"

namespace gabion::config::policy::cilium {
namespace {

using kube::LabelRequirement;
using kube::LabelSelector;
using kube::PeerSpec;

constexpr std::string_view kPodNamespace = "io.kubernetes.pod.namespace";
constexpr std::string_view kNamespaceLabels = "io.cilium.k8s.namespace.labels.";
constexpr std::string_view kPolicyLabels = "io.cilium.k8s.policy.";
constexpr std::string_view kNamespaceName = "kubernetes.io/metadata.name";

/// A Cilium selector told apart into what it says of pods and of their namespace.
struct Selected {
  LabelSelector pods;
  LabelSelector namespaces;
  bool names_namespace = false;
};

/// Where a condition on `key` belongs; nothing: no label of Kubernetes.
struct Target {
  LabelSelector* selector = nullptr;
  std::string key;
};

Target target_of(std::string_view key, Selected& selected) {
  if (key.starts_with("k8s:")) {
    key.remove_prefix(4);
  }
  if (key.find(':') != std::string_view::npos || key.starts_with(kPolicyLabels)) {
    return {};
  }
  const bool by_label = key.starts_with(kNamespaceLabels);
  if (key != kPodNamespace && !by_label) {
    return {&selected.pods, std::string(key)};
  }
  selected.names_namespace = true;
  return {&selected.namespaces, std::string(by_label ? key.substr(kNamespaceLabels.size()) : kNamespaceName)};
}

void refuse_key(std::string_view key, const std::string& path, const Reading& reading) {
  reading.log.add("E_SELECTOR", path, "\"" + std::string(key) + "\" is no label of a pod or namespace");
}

void read_labels(const YamlValue& labels, const std::string& path, Selected& selected, const Reading& reading) {
  for (const auto& label : labels.entries()) {
    const Target target = target_of(label.key(), selected);
    if (target.selector == nullptr || !label.is_string()) {
      refuse_key(label.key(), path, reading);
      continue;
    }
    if (!target.selector->match_labels.emplace(target.key, std::string(label.as_string())).second) {
      reading.log.add("E_SELECTOR", path, "\"" + target.key + "\" is there twice");
    }
  }
}

void read_requirement(const YamlValue& value, const std::string& path, Selected& selected, const Reading& reading) {
  constexpr std::array kOperators{LabelRequirement::Operator::kIn, LabelRequirement::Operator::kNotIn,
                                  LabelRequirement::Operator::kExists, LabelRequirement::Operator::kDoesNotExist};
  kube::Fields fields(value, path, reading.log.report(), kube::Nulls::kAbsent);
  fields.require("key");
  fields.require("operator");
  const std::string key = fields.text("key").value_or("");
  const auto op = fields.word("operator", {"In", "NotIn", "Exists", "DoesNotExist"});
  const auto values = fields.texts("values");
  fields.refuse_others();
  const Target target = target_of(key, selected);
  if (target.selector == nullptr) {
    refuse_key(key, path, reading);
    return;
  }
  target.selector->match_expressions.push_back({target.key, kOperators[op.value_or(0)], values});
}

Selected read_selector(const YamlValue& value, const std::string& path, const Reading& reading) {
  Selected selected;
  kube::Fields fields(value, path, reading.log.report(), kube::Nulls::kAbsent);
  if (const auto* labels = fields.map("matchLabels")) {
    read_labels(*labels, fields.path_of("matchLabels"), selected, reading);
  }
  if (const auto* list = fields.list("matchExpressions")) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      read_requirement(list->items()[i], kube::item_path(fields.path_of("matchExpressions"), i), selected, reading);
    }
  }
  fields.refuse_others();
  return selected;
}

PeerSpec endpoint_peer(const YamlValue& value, const std::string& path, const Reading& reading) {
  Selected selected = read_selector(value, path, reading);
  PeerSpec peer;
  peer.pod_selector = std::move(selected.pods);
  if (selected.names_namespace) {
    peer.namespace_selector = std::move(selected.namespaces);
  }
  return peer;
}

/// Cilium's CIDR rules never mean pods or nodes; an ipBlock does.
void check_cidr(const kube::IpBlock& block, const std::string& path, const Reading& reading) {
  const auto& cluster = reading.options.cluster_cidrs;
  const bool may_hold_pods = std::any_of(cluster.begin(), cluster.end(), [&block](const Cidr& range) {
    return overlap(block.cidr, range) &&
           std::none_of(block.except.begin(), block.except.end(), [&range](const Cidr& hole) {
             return hole.prefix_bits <= range.prefix_bits && hole.contains(range.network);
           });
  });
  if (cluster.empty() || may_hold_pods) {
    reading.log.add("E_CIDR_PODS", path,
                    cluster.empty() ? "may hold pods: name the ranges of pods and nodes with --cluster-cidr"
                                    : "meets a range of --cluster-cidr: here it would mean the pods in it");
  }
}

std::optional<Cidr> read_cidr(const std::string& text, const std::string& path, const Reading& reading) {
  if (const auto cidr = Cidr::parse(text)) {
    return *cidr;
  }
  if (const auto address = IpAddress::parse(text)) {
    return Cidr{*address, static_cast<std::uint8_t>(address->is_v4() ? 32 : 128)};
  }
  reading.log.add("E_FIELD", path, "\"" + text + "\" is no CIDR");
  return std::nullopt;
}

std::vector<PeerSpec> cidr_set_peers(const YamlValue& value, const std::string& path, const Reading& reading) {
  kube::Fields fields(value, path, reading.log.report(), kube::Nulls::kAbsent);
  for (const std::string_view key : {"cidrGroupRef", "cidrGroupSelector"}) {
    if (fields.find(key) != nullptr) {
      reading.log.add("E_CIDRGROUP", fields.path_of(key), "groups of CIDRs are not imported");
      return {};
    }
  }
  fields.require("cidr");
  const auto cidr = read_cidr(fields.text("cidr").value_or(""), fields.path_of("cidr"), reading);
  PeerSpec peer;
  peer.ip_block.emplace();
  for (const auto& text : fields.texts("except")) {
    const auto hole = read_cidr(text, fields.path_of("except"), reading);
    if (hole) {
      peer.ip_block->except.push_back(*hole);
    }
  }
  fields.refuse_others();
  if (!cidr) {
    return {};
  }
  peer.ip_block->cidr = *cidr;
  check_cidr(*peer.ip_block, path, reading);
  return {peer};
}

std::vector<PeerSpec> cidr_peers(const YamlValue& value, const std::string& path, const Reading& reading) {
  const auto cidr = read_cidr(std::string(value.as_string()), path, reading);
  if (!cidr) {
    return {};
  }
  PeerSpec peer;
  peer.ip_block = kube::IpBlock{*cidr, {}};
  check_cidr(*peer.ip_block, path, reading);
  return {peer};
}

/// Everything outside the cluster.
void add_world(const std::string& path, const Reading& reading, std::vector<PeerSpec>& peers) {
  if (reading.options.cluster_cidrs.empty()) {
    reading.log.add("E_ENTITY", path, "world needs the ranges of pods and nodes: --cluster-cidr");
  }
  for (const Cidr everything : {Cidr{IpAddress::v4(0), 0}, Cidr{IpAddress::v6({}), 0}}) {
    PeerSpec peer;
    peer.ip_block = kube::IpBlock{everything, {}};
    for (const auto& range : reading.options.cluster_cidrs) {
      if (range.network.is_v4() == everything.network.is_v4()) {
        peer.ip_block->except.push_back(range);
      }
    }
    peers.push_back(std::move(peer));
  }
}

/// Nothing: everybody.
std::optional<std::vector<PeerSpec>> entity_peers(const std::string& name, const std::string& path, Purpose purpose,
                                                  const Reading& reading) {
  std::vector<PeerSpec> peers;
  if (name == "all") {
    return std::nullopt;
  }
  if (name == "world") {
    add_world(path, reading, peers);
  } else if (name == "cluster" && purpose == Purpose::kAllow) {
    peers.emplace_back().namespace_selector.emplace();
    reading.log.add("W_ENTITY", path, "cluster becomes every pod: nodes and hostNetwork pods are left out");
  } else {
    reading.log.add("E_ENTITY", path, "\"" + name + "\" is not imported");
  }
  return peers;
}

/// How many kinds of peers are there that are not imported.
std::size_t refuse_peers(kube::Fields& fields, const std::string& side, const Reading& reading) {
  std::size_t refused = 0;
  for (const std::string& key : {side + "Requires", side + "Nodes", side + "Groups", std::string("toFQDNs"),
                                 std::string("toServices"), std::string("icmps")}) {
    if (fields.find(key) != nullptr) {
      ++refused;
      reading.log.add("E_PEER", fields.path_of(key), "is not imported");
    }
  }
  return refused;
}

/// Labels that a peer is known to have; those of its namespace and of the pod.
struct KnownLabels {
  kube::Labels name_space;
  kube::Labels pod;
};

KnownLabels known_labels(const PeerSpec& peer, const std::string& own) {
  KnownLabels known;
  known.name_space = peer.namespace_selector ? peer.namespace_selector->match_labels
                                             : kube::Labels{{std::string(kNamespaceName), own}};
  if (peer.pod_selector) {
    known.pod = peer.pod_selector->match_labels;
  }
  return known;
}

bool contradict(const kube::Labels& a, const kube::Labels& b) {
  return std::any_of(a.begin(), a.end(), [&b](const auto& label) {
    const auto found = b.find(label.first);
    return found != b.end() && found->second != label.second;
  });
}

bool may_be_both(const PeerSpec& a, const PeerSpec& b, const std::string& own) {
  if (a.ip_block || b.ip_block) {
    return a.ip_block && b.ip_block && overlap(a.ip_block->cidr, b.ip_block->cidr);
  }
  const auto one = known_labels(a, own);
  const auto other = known_labels(b, own);
  return !contradict(one.pod, other.pod) && !contradict(one.name_space, other.name_space);
}

}  // namespace

LabelSelector read_own_selector(const YamlValue& value, const std::string& path, const Reading& reading) {
  Selected selected = read_selector(value, path, reading);
  if (selected.names_namespace) {
    reading.log.add("E_SELECTOR", path, "selects by namespace");
  }
  return std::move(selected.pods);
}

void read_peers(kube::Fields& fields, Way way, Purpose purpose, const Reading& reading, Rule& rule) {
  const std::string side = way == Way::kIngress ? "from" : "to";
  std::size_t kinds = 0;
  std::vector<PeerSpec> peers;
  bool all = false;
  const auto each = [&](const std::string& key, auto read) {
    const auto* list = fields.list(key);
    kinds += list != nullptr ? 1 : 0;
    for (std::size_t i = 0; list != nullptr && i < list->items().size(); ++i) {
      auto made = read(list->items()[i], kube::item_path(fields.path_of(key), i));
      all = all || !made;
      if (made) {
        peers.insert(peers.end(), made->begin(), made->end());
      }
    }
  };
  using Some = std::optional<std::vector<PeerSpec>>;
  each(side + "Endpoints", [&](const YamlValue& value, const std::string& path) {
    return Some(std::vector{endpoint_peer(value, path, reading)});
  });
  each(side + "CIDRSet",
       [&](const YamlValue& value, const std::string& path) { return Some(cidr_set_peers(value, path, reading)); });
  each(side + "CIDR",
       [&](const YamlValue& value, const std::string& path) { return Some(cidr_peers(value, path, reading)); });
  each(side + "Entities", [&](const YamlValue& value, const std::string& path) {
    return entity_peers(std::string(value.as_string()), path, purpose, reading);
  });
  kinds += refuse_peers(fields, side, reading);
  if (kinds > 1) {
    reading.log.add("E_PEER", fields.path(), "has more than one kind of peer");
  }
  rule.nobody = kinds == 1 && peers.empty() && !all;
  if (kinds == 1 && !all) {
    rule.peers = std::move(peers);
  }
}

bool may_overlap(const std::optional<std::vector<PeerSpec>>& a, const std::optional<std::vector<PeerSpec>>& b,
                 const std::string& name_space) {
  if (!a || !b) {
    return true;
  }
  return std::any_of(a->begin(), a->end(), [&](const PeerSpec& one) {
    return std::any_of(b->begin(), b->end(),
                       [&](const PeerSpec& other) { return may_be_both(one, other, name_space); });
  });
}

}  // namespace gabion::config::policy::cilium
