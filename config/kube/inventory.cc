// Reads what `kubectl get -o yaml` prints of the objects that policies select.
#include "config/kube/inventory.h"

#include <algorithm>
#include <utility>

#include "config/kube/defaults.h"
#include "config/kube/names.h"
#include "config/kube/parts.h"

namespace gabion::config::kube {
namespace {

/// The fields of a member that is a map; missing and null count as an empty one. `empty` outlives the result.
Fields part(const YamlValue& object, std::string_view key, const std::string& path, const YamlValue& empty,
            Report& report) {
  const auto* value = object.find(key);
  return Fields(value == nullptr ? empty : *value, path + std::string(key), report, Nulls::kAbsent);
}

void add_address(const std::optional<std::string>& text, Fields& fields, std::string_view key,
                 std::vector<IpAddress>& out) {
  if (!text || text->empty() || *text == "None") {
    return;
  }
  const auto address = IpAddress::parse(*text);
  if (!address) {
    fields.report(key, address.error().what);
  } else if (std::find(out.begin(), out.end(), *address) == out.end()) {
    out.push_back(*address);
  }
}

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

std::optional<std::uint16_t> read_port_number(Fields& fields, std::string_view key) {
  fields.require(key);
  const auto number = fields.integer(key);
  if (!number) {
    return std::nullopt;
  }
  if (*number < 1 || *number > 65535) {
    fields.report(key, "must be a number from 1 to 65535");
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(*number);
}

IpProtocol read_protocol(Fields& fields) {
  return static_cast<IpProtocol>(fields.word("protocol", {"TCP", "UDP", "SCTP"}).value_or(0));
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

Labels labels_of(const YamlValue& object, const std::string& path, Report& report) {
  const YamlValue empty;
  Fields metadata = part(object, "metadata", path, empty, report);
  const auto* labels = metadata.map("labels");
  return labels == nullptr ? Labels{} : read_labels(*labels, metadata.path_of("labels"), report);
}

/// The rest of metadata is ignored (policy §1.3), so a uid of another type is none.
std::string uid_of(const YamlValue& object) {
  const auto* metadata = object.find("metadata");
  const auto* uid = metadata == nullptr ? nullptr : metadata->find("uid");
  return uid == nullptr || !uid->is_string() ? std::string{} : std::string(uid->as_string());
}

}  // namespace

Pod read_pod(const YamlValue& object, const std::string& path, ObjectName name, Report& report) {
  const YamlValue empty;
  Pod pod;
  pod.name = std::move(name);
  pod.uid = uid_of(object);
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
  if (const auto* list = status.list("addresses")) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      Fields item(list->items()[i], item_path(status.path_of("addresses"), i), report, Nulls::kAbsent);
      const auto type = item.text("type").value_or("");
      if (type == "InternalIP" || type == "ExternalIP") {
        add_address(item.text("address"), item, "address", node.addresses);
      }
    }
  }
  return node;
}

Service read_service(const YamlValue& object, const std::string& path, ObjectName name, Report& report) {
  const YamlValue empty;
  Service service;
  service.name = std::move(name);
  Fields spec = part(object, "spec", path, empty, report);
  if (const auto* selector = spec.map("selector")) {
    service.selector = read_labels(*selector, spec.path_of("selector"), report);
  }
  add_address(spec.text("clusterIP"), spec, "clusterIP", service.cluster_addresses);
  for (const auto& text : spec.texts("clusterIPs")) {
    add_address(text, spec, "clusterIPs", service.cluster_addresses);
  }
  if (const auto* list = spec.list("ports")) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      Fields item(list->items()[i], item_path(spec.path_of("ports"), i), report, Nulls::kAbsent);
      ServicePort port;
      port.name = item.text("name").value_or("");
      port.protocol = read_protocol(item);
      port.port = read_port_number(item, "port").value_or(0);
      service.ports.push_back(std::move(port));
    }
  }
  return service;
}

}  // namespace gabion::config::kube
