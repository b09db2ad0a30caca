// Parts that the rules of every layout are made of: see rule_parts.h.
#include "proxy/interception/rule_parts.h"

#include <fmt/format.h>

namespace gabion::proxy::interception {

FamilyWords words_of(Family family) noexcept {
  switch (family) {
    case Family::kV4:
      return {"127.0.0.6/32", "127.0.0.1/32", "0.0.0.0", "icmp"};
    case Family::kV6:
      return {"::6/128", "::1/128", "::", "ipv6-icmp"};
  }
  return {};
}

std::string_view application_source(Family family) noexcept {
  const auto source = words_of(family).source;
  return source.substr(0, source.find('/'));
}

std::string owner_of(const NetSettings& settings) {
  return settings.layout == Layout::kSidecarTproxy ? fmt::format("--gid-owner {}", settings.gid)
                                                   : fmt::format("--uid-owner {}", settings.uid);
}

bool is_of(const config::Cidr& cidr, Family family) noexcept {
  return cidr.network.is_v4() == (family == Family::kV4);
}

std::string to_network(const config::Cidr& cidr) {
  return cidr.prefix_bits == 0 ? "" : fmt::format("-d {}/{} ", cidr.network.to_string(), cidr.prefix_bits);
}

std::string from_network(const config::Cidr& cidr) {
  return cidr.prefix_bits == 0 ? "" : fmt::format("-s {}/{} ", cidr.network.to_string(), cidr.prefix_bits);
}

void add_inbound_exceptions(const NetSettings& settings, Rules& rules) {
  for (const auto port : settings.exclude_inbound_ports) {
    rules.push_back(fmt::format("-A GABION_IN -p tcp --dport {} -j RETURN", port));
  }
}

void add_inbound_ports(const NetSettings& settings, std::string_view match, std::string_view target, Rules& rules) {
  for (const auto port : settings.include_inbound_ports) {
    rules.push_back(fmt::format("-A GABION_IN {}-p tcp --dport {} -j {}", match, port, target));
  }
  if (settings.include_inbound_ports.empty()) {
    rules.push_back(fmt::format("-A GABION_IN {}-p tcp -j {}", match, target));
  }
}

void add_outbound_ports(const NetSettings& settings, Family family, std::string_view target, Rules& rules) {
  for (const auto& cidr : settings.exclude_outbound_cidrs) {
    if (is_of(cidr, family)) {
      rules.push_back(fmt::format("-A GABION_OUT {}-j RETURN", to_network(cidr)));
    }
  }
  for (const auto port : settings.exclude_outbound_ports) {
    rules.push_back(fmt::format("-A GABION_OUT -p tcp --dport {} -j RETURN", port));
  }
  for (const auto port : settings.include_outbound_ports) {
    rules.push_back(fmt::format("-A GABION_OUT -p tcp --dport {} -j {}", port, target));
  }
  for (const auto& cidr : settings.include_outbound_cidrs) {
    if (is_of(cidr, family)) {
      rules.push_back(fmt::format("-A GABION_OUT {}-p tcp -j {}", to_network(cidr), target));
    }
  }
  if (settings.include_outbound_ports.empty() && settings.include_outbound_cidrs.empty()) {
    rules.push_back(fmt::format("-A GABION_OUT -p tcp -j {}", target));
  }
}

}  // namespace gabion::proxy::interception
