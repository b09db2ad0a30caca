// The API server's checks of EndpointSlices, with its defaults applied. See services.h.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "config/dns_name.h"
#include "config/kube/inventory_parts.h"
#include "config/kube/names.h"
#include "config/kube/services.h"

namespace gabion::config::kube {
namespace {

constexpr std::size_t kMostEndpoints = 1'000;
constexpr std::size_t kMostAddresses = 100;
constexpr std::size_t kMostPorts = 20'000;
constexpr std::string_view kServiceName = "kubernetes.io/service-name";

SlicePort read_slice_port(const YamlValue& value, const std::string& path, Report& report) {
  Fields item(value, path, report, Nulls::kAbsent);
  SlicePort port;
  port.name = item.text("name").value_or("");
  if (!port.name.empty() && !is_dns_label(port.name)) {
    item.report("name", "must be a DNS label of at most 63 bytes");
  }
  port.protocol = read_protocol(item);
  port.port = item.find("port") == nullptr ? std::uint16_t{0} : read_port_number(item, "port").value_or(0);
  port.app_protocol = item.text("appProtocol").value_or("");
  if (!port.app_protocol.empty() && !is_label_key(port.app_protocol)) {
    item.report("appProtocol", "is no qualified name");
  }
  return port;
}

void read_slice_ports(Fields& fields, const std::string& path, EndpointSlice& slice, Report& report) {
  const auto* list = fields.list("ports", {0, kMostPorts});
  std::set<std::string> names;
  for (std::size_t i = 0; list != nullptr && i < list->items().size(); ++i) {
    slice.ports.push_back(read_slice_port(list->items()[i], item_path(path + "ports", i), report));
    if (!names.insert(slice.ports.back().name).second) {
      report.add(item_path(path + "ports", i) + ".name", list->items()[i].line(), "is the name of another port");
    }
  }
}

/// As the API server: nothing that is no single other host's. Loopback is allowed here (services.h).
std::string_view why_no_endpoint(const IpAddress& address) noexcept {
  const auto& bytes = address.bytes();
  if (std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; })) {
    return "must not be unspecified";
  }
  const bool link_local =
      address.is_v4() ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80;
  const bool link_local_group = address.is_v4() ? bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0
                                                : bytes[0] == 0xff && (bytes[1] & 0x0fU) == 0x02;
  return link_local || link_local_group ? "must not be link-local" : "";
}

void read_endpoint_address(Fields& item, AddressType type, SliceEndpoint& endpoint, Report& report) {
  item.require("addresses");
  const auto texts = item.texts("addresses", {1, kMostAddresses});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string path = item_path(item.path_of("addresses"), i);
    if (type == AddressType::kFqdn) {
      if (!is_dns_subdomain(texts[i])) {
        report.add(path, item.line(), "must be a DNS name in lower case");
      }
      continue;
    }
    const auto address = IpAddress::parse(texts[i]);
    if (!address || address->is_v4() != (type == AddressType::kIpv4)) {
      report.add(path, item.line(), "must be an address of addressType");
      continue;
    }
    if (const auto wrong = why_no_endpoint(*address); !wrong.empty()) {
      report.add(path, item.line(), wrong);
    }
    if (i == 0) {
      endpoint.address = *address;
    }
  }
}

SliceEndpoint read_endpoint(const YamlValue& value, const std::string& path, const EndpointSlice& slice,
                            Report& report) {
  const YamlValue empty;
  Fields item(value, path, report, Nulls::kAbsent);
  SliceEndpoint endpoint;
  read_endpoint_address(item, slice.type, endpoint, report);
  const auto* conditions = item.map("conditions");
  Fields said(conditions == nullptr ? empty : *conditions, item.path_of("conditions"), report, Nulls::kAbsent);
  endpoint.conditions.ready = said.boolean("ready").value_or(true);
  endpoint.conditions.serving = said.boolean("serving").value_or(endpoint.conditions.ready);
  endpoint.conditions.terminating = said.boolean("terminating").value_or(false);
  endpoint.node = item.text("nodeName").value_or("");
  if (const auto* target = item.map("targetRef")) {
    Fields of(*target, item.path_of("targetRef"), report, Nulls::kAbsent);
    if (of.text("kind") == "Pod") {
      endpoint.pod = {of.text("namespace").value_or(slice.name.name_space), of.text("name").value_or("")};
    }
  }
  return endpoint;
}

}  // namespace

EndpointSlice read_endpoint_slice(const YamlValue& object, const std::string& path, ObjectName name, Report& report) {
  EndpointSlice slice;
  slice.name = std::move(name);
  std::string root = path;
  if (!root.empty()) {
    root.pop_back();  // the dot
  }
  Fields fields(object, root, report, Nulls::kAbsent);
  const Labels labels = labels_of(object, path, report);
  if (const auto found = labels.find(kServiceName); found != labels.end()) {
    slice.service = found->second;
  } else {
    report.warn(path + "metadata.labels", object.line(), "without kubernetes.io/service-name it is no service's");
  }
  fields.require("addressType");
  slice.type = static_cast<AddressType>(fields.word("addressType", {"IPv4", "IPv6", "FQDN"}).value_or(0));
  read_slice_ports(fields, path, slice, report);
  const auto* list = fields.list("endpoints", {0, kMostEndpoints});
  for (std::size_t i = 0; list != nullptr && i < list->items().size(); ++i) {
    slice.endpoints.push_back(read_endpoint(list->items()[i], item_path(path + "endpoints", i), slice, report));
  }
  if (slice.type == AddressType::kFqdn) {
    report.warn(path + "addressType", object.line(), "FQDN: names are not looked up, its endpoints are not used");
    slice.endpoints.clear();
  }
  return slice;
}

}  // namespace gabion::config::kube
