// Documents and lists to objects: which kind, which name, read by whom.
#include "config/kube/parse.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/dns_name.h"
#include "config/kube/defaults.h"
#include "config/kube/inventory.h"
#include "config/kube/l7_policy.h"
#include "config/kube/network_policy.h"
#include "config/kube/services.h"
#include "config/yaml_value.h"

namespace gabion::config::kube {
namespace {

constexpr std::string_view kListSuffix = "List";
constexpr std::string_view kNetworkApi = "networking.k8s.io/v1";
constexpr std::string_view kL7Api = "gabion.dev/v1alpha1";
constexpr std::string_view kDiscoveryApi = "discovery.k8s.io/v1";

std::string text_of(const YamlValue& object, std::string_view key) {
  const auto* value = object.find(key);
  return value == nullptr ? std::string{} : std::string(value->as_string());
}

/// Name and namespace of an object, with V1's checks.
struct Naming {
  ObjectName name;
  bool usable = false;  ///< there is no telling which object this is otherwise
};

Naming read_naming(const YamlValue& object, const std::string& path, bool namespaced, Report& report) {
  const YamlValue empty;
  const auto* value = object.find("metadata");
  Fields metadata(value == nullptr ? empty : *value, path + "metadata", report, Nulls::kAbsent);
  Naming result;
  const std::size_t before = report.count();
  const auto name = metadata.text("name");
  const auto name_space = namespaced ? metadata.text("namespace") : std::optional<std::string>{};
  if (report.count() != before) {
    return result;
  }
  result.name = {namespaced ? name_space.value_or(kDefaultNamespace) : "", name.value_or("")};
  if (namespaced && !is_dns_label(result.name.name_space)) {
    metadata.report("namespace", "must be a DNS label of at most 63 bytes");
    return result;
  }
  if (result.name.name.empty()) {
    metadata.report("name", "is required");
    return result;
  }
  if (!is_dns_subdomain(result.name.name)) {
    metadata.report("name", "must be a DNS subdomain of at most 253 bytes");
  }
  result.usable = true;
  return result;
}

/// A policy must not have fields that nobody reads: `specs:` would let everybody in.
void refuse_other_members(const YamlValue& object, const std::string& path, Report& report) {
  constexpr std::array<std::string_view, 5> kKnown{"apiVersion", "kind", "metadata", "spec", "status"};
  for (const auto& entry : object.entries()) {
    if (std::find(kKnown.begin(), kKnown.end(), entry.key()) == kKnown.end()) {
      report.add(path + entry.key(), entry.key_line(), "unknown field");
    }
  }
}

void append(Errors& to, const Errors& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

struct ManifestReader::Head {
  std::string api;
  std::string kind;
};

bool ManifestReader::is_new(const std::string& kind, const std::string& name, const std::string& path,
                            const Report& report) {
  std::string where = report.error(path, 0, "").where;
  const auto [found, fresh] = seen_.emplace(kind + " " + name, where);
  if (!fresh) {
    errors_.push_back(Error{kind + " " + name + " is there twice, first at " + found->second, std::move(where)});
  }
  return fresh;
}

void ManifestReader::read_annotation(const YamlValue& object, const std::string& path, const NetworkPolicy& policy,
                                     Report& report) {
  const auto* metadata = object.find("metadata");
  const auto* annotations = metadata == nullptr ? nullptr : metadata->find("annotations");
  const auto* text = annotations == nullptr ? nullptr : annotations->find(kL7Annotation);
  if (text == nullptr) {
    return;
  }
  const std::string at = path + "metadata.annotations." + std::string(kL7Annotation);
  const auto documents = parse_yaml(text->as_string(), "annotation");
  const YamlValue nothing;
  const bool one = documents && documents->size() == 1;
  if (!one) {
    report.add(at, text->line(), documents ? "must be one JSON object" : documents.error().front().what);
  }
  objects_.l7_policies.push_back(
      read_l7_annotation(one ? documents->front() : nothing, at, policy.name, policy.pod_selector, report));
}

void ManifestReader::read_network_policies(const YamlValue& object, const std::string& path, const ObjectName& name,
                                           Report& report) {
  objects_.network_policies.push_back(read_network_policy(object, path, name, report));
  Report annotation = report.sibling();
  read_annotation(object, path, objects_.network_policies.back(), annotation);
  append(objects_.refusals, annotation.errors());
  append(objects_.warnings, annotation.warnings());
}

void ManifestReader::read_kind(const YamlValue& object, const std::string& path, const Head& head, Report& report) {
  const bool cluster_wide = head.kind == "Namespace" || head.kind == "Node";
  const Naming naming = read_naming(object, path, !cluster_wide, report);
  const bool is_policy = head.kind == "NetworkPolicy" || head.kind == "L7Policy";
  if (!naming.usable) {
    append(errors_, report.errors());
    return;
  }
  if (!is_new(head.kind, cluster_wide ? naming.name.name : naming.name.to_string(), path, report)) {
    return;
  }
  if (is_policy) {
    const auto wanted = head.kind == "L7Policy" ? kL7Api : kNetworkApi;
    if (head.api != wanted) {
      report.add(path + "apiVersion", object.line(), "must be " + std::string(wanted) + ", not \"" + head.api + "\"");
    }
    refuse_other_members(object, path, report);
  }
  if (head.kind == "NetworkPolicy") {
    read_network_policies(object, path, naming.name, report);
  } else if (head.kind == "L7Policy") {
    objects_.l7_policies.push_back(read_l7_policy(object, path, naming.name, report));
  } else if (head.kind == "Pod") {
    objects_.pods.push_back(read_pod(object, path, naming.name, report));
  } else if (head.kind == "Namespace") {
    objects_.namespaces.push_back(read_namespace(object, path, naming.name.name, report));
  } else if (head.kind == "Node") {
    objects_.nodes.push_back(read_node(object, path, naming.name.name, report));
  } else if (head.kind == "EndpointSlice") {
    objects_.endpoint_slices.push_back(read_endpoint_slice(object, path, naming.name, report));
  } else {
    objects_.services.push_back(read_service(object, path, naming.name, report));
  }
  append(is_policy ? objects_.refusals : errors_, report.errors());
  append(objects_.warnings, report.warnings());
}

void ManifestReader::read_list(const YamlValue& object, const std::string& place, const std::string& path,
                               const Head& head) {
  const auto* items = object.find("items");
  if (items != nullptr && !items->is_list() && !items->is_null()) {
    errors_.push_back(Report(place).error(path + "items", items->line(), "must be a list"));
    return;
  }
  const std::string item_kind = head.kind.substr(0, head.kind.size() - kListSuffix.size());
  const Head inherited{item_kind.empty() ? "" : head.api, item_kind};
  for (std::size_t i = 0; items != nullptr && i < items->items().size(); ++i) {
    read_object(items->items()[i], place, item_path(path + "items", i) + ".", inherited);
  }
}

void ManifestReader::read_object(const YamlValue& object, const std::string& place, const std::string& path,
                                 const Head& inherited) {
  Report report(place);
  if (!object.is_map()) {
    errors_.push_back(
        report.error(path.substr(0, path.empty() ? 0 : path.size() - 1), object.line(), "is no object: must be a map"));
    return;
  }
  Head head{text_of(object, "apiVersion"), text_of(object, "kind")};
  if (head.kind.empty() && head.api.empty()) {
    head = inherited;
  }
  if (head.kind.empty()) {
    errors_.push_back(report.error(path + "kind", object.line(), "is required"));
    return;
  }
  if (head.kind.ends_with(kListSuffix) && object.find("items") != nullptr) {
    read_list(object, place, path, head);
    return;
  }
  const bool core = head.kind == "Pod" || head.kind == "Namespace" || head.kind == "Node" || head.kind == "Service";
  const bool slice = head.kind == "EndpointSlice" && head.api == kDiscoveryApi;
  if ((core && head.api == "v1") || slice || head.kind == "NetworkPolicy" || head.kind == "L7Policy") {
    read_kind(object, path, head, report);
    return;
  }
  objects_.warnings.push_back(
      report.error(path + "kind", object.line(), head.kind + " of \"" + head.api + "\" is ignored"));
}

void ManifestReader::read(std::string_view text, std::string_view file) {
  const auto documents = parse_yaml(text, file);
  if (!documents) {
    append(errors_, documents.error());
    return;
  }
  for (std::size_t i = 0; i < documents->size(); ++i) {
    const auto& document = (*documents)[i];
    if (!document.is_null()) {
      read_object(document, std::string(file) + ":" + std::to_string(i + 1), "", Head{});
    }
  }
}

CheckedResult<Objects> ManifestReader::finish() && {
  if (!errors_.empty()) {
    append(errors_, objects_.refusals);
    return std::move(errors_);
  }
  return std::move(objects_);
}

CheckedResult<Objects> parse_manifests(std::string_view text, std::string_view file) {
  ManifestReader reader;
  reader.read(text, file);
  return std::move(reader).finish();
}

}  // namespace gabion::config::kube
