// Reads what `kubectl get -o yaml` prints of the objects that policies select.
#include "config/kube/inventory.h"

#include <algorithm>
#include <utility>

#include "config/kube/defaults.h"
#include "config/kube/inventory_parts.h"
#include "config/kube/names.h"

namespace gabion::config::kube {
namespace {

/// `one: A` and `many: [{ip: A}, {ip: B}]`, as podIP and podIPs.
std::vector<IpAddress> read_addresses(Fields& status, std::string_view one, std::string_view many, Report& report) {
  std::vector<IpAddress> result;
  add_address(status.text(one), status, one, result);
  if (const auto* list = status.list(many)) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      Fields item(list->items()[i], item_path(status.path_of(many), i), report, Nulls::kAbsent);
      add_address(item.text("ip"), item, "ip", result);
    }
  }
  return result;
}

void read_container_ports(const YamlValue& container, const std::string& path, Pod& pod, Report& report) {
  Fields fields(container, path, report, Nulls::kAbsent);
  const auto* list = fields.list("ports");
  if (list == nullptr) {
    return;
  }
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    Fields item(list->items()[i], item_path(fields.path_of("ports"), i), report, Nulls::kAbsent);
    ContainerPort port;
    port.name = item.text("name").value_or("");
    port.protocol = read_protocol(item);
    port.port = read_port_number(item, "containerPort").value_or(0);
    if (!port.name.empty() && !is_port_name(port.name)) {
      item.report("name", "is no port name");
    }
    pod.ports.push_back(std::move(port));
  }
}

void read_containers(Fields& spec, Pod& pod, Report& report) {
  if (const auto* list = spec.list("containers")) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      read_container_ports(list->items()[i], item_path(spec.path_of("containers"), i), pod, report);
    }
  }
  const auto* list = spec.list("initContainers");
  if (list == nullptr) {
    return;
  }
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    const auto* restart = list->items()[i].find("restartPolicy");
    if (restart != nullptr && restart->as_string() == "Always") {  // a native sidecar runs beside the others
      read_container_ports(list->items()[i], item_path(spec.path_of("initContainers"), i), pod, report);
    }
  }
}

/// The rest of metadata is ignored (policy §1.3), so a uid of another type is none.
std::string uid_of(const YamlValue& object) {
  const auto* metadata = object.find("metadata");
  const auto* uid = metadata == nullptr ? nullptr : metadata->find("uid");
  return uid == nullptr || !uid->is_string() ? std::string{} : std::string(uid->as_string());
}

bool is_leaving(const YamlValue& object) {
  const auto* metadata = object.find("metadata");
  const auto* time = metadata == nullptr ? nullptr : metadata->find("deletionTimestamp");
  return time != nullptr && !time->is_null();
}

/// Written by hand an inventory seldom has conditions: then nobody says that the pod is not ready.
bool is_ready(Fields& status, Report& report) {
  const auto* conditions = status.list("conditions");
  if (conditions == nullptr) {
    return true;
  }
  bool ready = false;
  for (std::size_t i = 0; i < conditions->items().size(); ++i) {
    Fields item(conditions->items()[i], item_path(status.path_of("conditions"), i), report, Nulls::kAbsent);
    ready = ready || (item.text("type") == "Ready" && item.text("status") == "True");
  }
  return ready;
}

/// What `gabion inject` leaves behind: the annotation and the container, each of which alone may be anybody's.
bool has_sidecar(const YamlValue& object) {
  constexpr std::string_view kStatusAnnotation = "gabion.dev/status";
  constexpr std::string_view kContainer = "gabion";
  const auto* metadata = object.find("metadata");
  const auto* annotations = metadata == nullptr ? nullptr : metadata->find("annotations");
  const auto* spec = object.find("spec");
  if (annotations == nullptr || spec == nullptr || annotations->find(kStatusAnnotation) == nullptr) {
    return false;
  }
  for (const std::string_view list : {"containers", "initContainers"}) {
    const auto* containers = spec->find(list);
    for (const auto& container : containers == nullptr ? std::span<const YamlValue>() : containers->items()) {
      const auto* name = container.find("name");
      if (name != nullptr && name->is_string() && name->as_string() == kContainer) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

Pod read_pod(const YamlValue& object, const std::string& path, ObjectName name, Report& report) {
  const YamlValue empty;
  Pod pod;
  pod.name = std::move(name);
  pod.uid = uid_of(object);
  pod.leaving = is_leaving(object);
  pod.has_sidecar = has_sidecar(object);
  pod.labels = labels_of(object, path, report);
  Fields spec = part(object, "spec", path, empty, report);
  pod.node = spec.text("nodeName").value_or("");
  pod.host_network = spec.boolean("hostNetwork").value_or(false);
  const auto old_name = spec.text("serviceAccount");
  const std::string account = spec.text("serviceAccountName").value_or(old_name.value_or(""));
  pod.service_account = account.empty() ? "default" : account;
  read_containers(spec, pod, report);
  Fields status = part(object, "status", path, empty, report);
  const auto phase = status.text("phase").value_or("");
  pod.terminal = phase == "Succeeded" || phase == "Failed";
  pod.ready = is_ready(status, report);
  pod.addresses = read_addresses(status, "podIP", "podIPs", report);
  pod.host_addresses = read_addresses(status, "hostIP", "hostIPs", report);
  return pod;
}

Namespace read_namespace(const YamlValue& object, const std::string& path, std::string name, Report& report) {
  Namespace made;
  made.name = std::move(name);
  made.labels = labels_of(object, path, report);
  apply_defaults(made);
  return made;
}

Node read_node(const YamlValue& object, const std::string& path, std::string name, Report& report) {
  const YamlValue empty;
  Node node;
  node.name = std::move(name);
  Fields spec = part(object, "spec", path, empty, report);
  auto ranges = spec.texts("podCIDRs");
  if (const auto one = spec.text("podCIDR"); one && ranges.empty()) {
    ranges.push_back(*one);
  }
  for (const auto& text : ranges) {
    const auto range = Cidr::parse(text);
    if (range) {
      node.pod_cidrs.push_back(*range);
    } else {
      spec.report("podCIDRs", range.error().what);
    }
  }
  Fields status = part(object, "status", path, empty, report);
  std::vector<IpAddress> external;
  if (const auto* list = status.list("addresses")) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      Fields item(list->items()[i], item_path(status.path_of("addresses"), i), report, Nulls::kAbsent);
      const auto type = item.text("type").value_or("");
      if (type == "InternalIP" || type == "ExternalIP") {
        add_address(item.text("address"), item, "address", type == "InternalIP" ? node.addresses : external);
      }
    }
  }
  // Behind a NAT no interface of the node has its ExternalIP, wherever in the list it is: the first of a family is one
  // that the node may call from.
  for (const auto& address : external) {
    if (std::find(node.addresses.begin(), node.addresses.end(), address) == node.addresses.end()) {
      node.addresses.push_back(address);
    }
  }
  return node;
}

}  // namespace gabion::config::kube
