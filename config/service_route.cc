// A service is named in full: namespace, name, and its port by number or by name.
#include "config/service_route.h"

#include <fmt/format.h>

#include <utility>

#include "config/dns_name.h"

namespace gabion::config {
namespace {

Result<std::string> parse_label(std::string_view text) {
  constexpr std::size_t kShownBytes = 64;
  if (!is_dns_label(text)) {
    return Error{fmt::format("\"{}\" is not a DNS label", text.substr(0, kShownBytes)), ""};
  }
  return std::string(text);
}

/// A port of a service: its number or its name.
void read_service_port(const ConfigField& field, services::ServicePortName& service) {
  if (!field.present()) {
    return;
  }
  if (field.value()->is_string()) {
    service.name = field.parsed(&parse_label).value_or("");
  } else if (const auto number = field.quantity(Quantity::kCount, {1, 65'535})) {
    service.number = static_cast<std::uint16_t>(*number);
  }
}

}  // namespace

std::optional<services::ServicePortName> read_route_service(ConfigMap& route) {
  const ConfigField field = route.optional("service");
  if (!field.present()) {
    return std::nullopt;
  }
  ConfigMap map(field);
  services::ServicePortName service;
  service.service.name_space = map.required("namespace").parsed(&parse_label).value_or("");
  service.service.name = map.required("name").parsed(&parse_label).value_or("");
  read_service_port(map.required("port"), service);
  map.refuse_unknown_keys();
  for (const std::string_view key : {"destination", "port", "pod"}) {
    route.optional(key).refuse("says nothing beside service: the endpoint that is picked says it");
  }
  return service;
}

}  // namespace gabion::config
