// The API server's checks of Services, with its defaults applied. Slices: endpoint_slice.cc.
#include "config/kube/services.h"

#include <algorithm>
#include <set>
#include <utility>

#include "config/dns_name.h"
#include "config/kube/inventory_parts.h"
#include "config/kube/names.h"
#include "config/kube/parts.h"

namespace gabion::config::kube {
namespace {

constexpr std::string_view kHeadless = "None";

void read_target_port(Fields& item, ServicePort& port) {
  port.target = port.port;
  const auto* value = item.find("targetPort");
  if (value == nullptr) {
    return;
  }
  if (!value->is_integer()) {
    port.target_name = item.text("targetPort").value_or("");
    if (value->is_string() && !is_port_name(port.target_name)) {
      item.report("targetPort", "is neither a number nor a port name");
    }
    return;
  }
  if (value->as_integer() < 1 || value->as_integer() > 65535) {
    item.report("targetPort", "must be a number from 1 to 65535");
    return;
  }
  port.target = static_cast<std::uint16_t>(value->as_integer());
}

ServicePort read_service_port(Fields& item) {
  ServicePort port;
  port.name = item.text("name").value_or("");
  port.protocol = read_protocol(item);
  port.port = read_port_number(item, "port").value_or(0);
  read_target_port(item, port);
  port.app_protocol = item.text("appProtocol").value_or("");
  if (!port.name.empty() && !is_dns_label(port.name)) {
    item.report("name", "must be a DNS label of at most 63 bytes");
  }
  if (!port.app_protocol.empty() && !is_label_key(port.app_protocol)) {
    item.report("appProtocol", "is no qualified name");
  }
  return port;
}

void read_service_ports(Fields& spec, Service& service, Report& report) {
  const auto* list = spec.list("ports");
  std::set<std::string> names;
  std::set<std::pair<IpProtocol, std::uint16_t>> numbers;
  for (std::size_t i = 0; list != nullptr && i < list->items().size(); ++i) {
    Fields item(list->items()[i], item_path(spec.path_of("ports"), i), report, Nulls::kAbsent);
    ServicePort port = read_service_port(item);
    if (port.name.empty() && list->items().size() > 1) {
      item.report("name", "is required where there are several ports");
    } else if (!names.insert(port.name).second) {
      item.report("name", "is the name of another port");
    }
    if (!numbers.emplace(port.protocol, port.port).second) {
      item.report("port", "is another port's number of this protocol");
    }
    service.ports.push_back(std::move(port));
  }
}

/// clusterIP and clusterIPs. Returns whether the service is headless.
bool read_cluster_addresses(Fields& spec, Service& service) {
  const auto first = spec.text("clusterIP");
  const auto all = spec.texts("clusterIPs", {0, 2});
  const bool headless = first == kHeadless || (!all.empty() && all.front() == kHeadless);
  if (first && !all.empty() && *first != all.front()) {
    spec.report("clusterIPs", "must begin with clusterIP");
  }
  if (headless) {
    if (all.size() > 1) {
      spec.report("clusterIPs", "must hold nothing beside None");
    }
    return true;
  }
  add_address(first, spec, "clusterIP", service.cluster_addresses);
  for (const auto& text : all) {
    if (text == kHeadless) {
      spec.report("clusterIPs", "must hold nothing beside None");
    }
    add_address(text, spec, "clusterIPs", service.cluster_addresses);
  }
  const auto& addresses = service.cluster_addresses;
  if (addresses.size() > 2 || (addresses.size() == 2 && addresses[0].is_v4() == addresses[1].is_v4())) {
    spec.report("clusterIPs", "may hold one address of each family");
  }
  return false;
}

void read_families(Fields& spec, Service& service) {
  const auto words = spec.texts("ipFamilies", {0, 2});
  for (const auto& word : words) {
    if (word != "IPv4" && word != "IPv6") {
      spec.report("ipFamilies", "must be of IPv4, IPv6");
      return;
    }
    service.families_v4.push_back(word == "IPv4");
  }
}

void read_external_addresses(Fields& spec, Fields& status, Service& service, Report& report) {
  for (const auto& text : spec.texts("externalIPs")) {
    add_address(text, spec, "externalIPs", service.external_addresses);
  }
  const auto* balancer = status.map("loadBalancer");
  if (balancer == nullptr) {
    return;
  }
  Fields fields(*balancer, status.path_of("loadBalancer"), report, Nulls::kAbsent);
  const auto* list = fields.list("ingress");
  for (std::size_t i = 0; list != nullptr && i < list->items().size(); ++i) {
    Fields item(list->items()[i], item_path(fields.path_of("ingress"), i), report, Nulls::kAbsent);
    add_address(item.text("ip"), item, "ip", service.external_addresses);
  }
}

/// What the type says of the other fields.
void check_type(Fields& spec, bool headless, Service& service) {
  if (service.type == ServiceType::kExternalName) {
    if (!is_dns_subdomain(service.external_name)) {
      spec.report("externalName", "must be a DNS name in lower case");
    }
    if (!service.cluster_addresses.empty()) {
      spec.report("clusterIP", "must not be given with type ExternalName");
    }
    return;
  }
  if (headless && service.type != ServiceType::kClusterIp) {
    spec.report("clusterIP", "may be None only with type ClusterIP");
  }
  if (service.ports.empty() && !headless) {
    spec.report("ports", "is required");
  }
}

}  // namespace

Service read_service(const YamlValue& object, const std::string& path, ObjectName name, Report& report) {
  const YamlValue empty;
  Service service;
  service.name = std::move(name);
  if (!is_dns_label(service.name.name)) {
    report.add(path + "metadata.name", object.line(), "must be a DNS label of at most 63 bytes");
  }
  Fields spec = part(object, "spec", path, empty, report);
  Fields status = part(object, "status", path, empty, report);
  service.type = static_cast<ServiceType>(
      spec.word("type", {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}).value_or(0));
  service.internal_traffic =
      static_cast<InternalTraffic>(spec.word("internalTrafficPolicy", {"Cluster", "Local"}).value_or(0));
  service.external_name = spec.text("externalName").value_or("");
  service.publishes_unready = spec.boolean("publishNotReadyAddresses").value_or(false);
  if (const auto* selector = spec.map("selector")) {
    service.selector = read_labels(*selector, spec.path_of("selector"), report);
  }
  if (spec.word("sessionAffinity", {"None", "ClientIP"}) == 1) {
    report.warn(spec.path_of("sessionAffinity"), spec.line(), "ClientIP is not followed: each call picks its endpoint");
  }
  const bool headless = read_cluster_addresses(spec, service);
  read_families(spec, service);
  read_external_addresses(spec, status, service, report);
  read_service_ports(spec, service, report);
  check_type(spec, headless, service);
  return service;
}

}  // namespace gabion::config::kube
