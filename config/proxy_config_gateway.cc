// `mode` and `gateway` of gabion.yaml: see proxy_config_gateway.h.
#include "config/proxy_config_gateway.h"

#include <fmt/format.h>

#include <utility>

#include "config/dns_name.h"
#include "config/listener_claims.h"
#include "config/proxy_config_capture.h"
#include "config/proxy_config_sections.h"

namespace gabion::config {
namespace {

enum class Mode : std::uint8_t { kSidecar, kGateway };
constexpr Word<Mode> kModeWords[] = {{"sidecar", Mode::kSidecar}, {"gateway", Mode::kGateway}};

constexpr std::size_t kMaxListens = 16;
constexpr std::size_t kMaxPeers = 64;
constexpr std::size_t kMaxNodes = 10'000;
constexpr std::uint64_t kMostPods = 5'000;
constexpr std::uint64_t kMostPendingHops = 1'000'000;
constexpr std::size_t kShownBytes = 64;  ///< of a bad text in an error

Result<std::string> parse_node_name(std::string_view written) {
  auto text = from_environment(written);
  if (text.has_value() && !is_dns_subdomain(*text)) {
    return Error{fmt::format("\"{}\" is not a node's name (a DNS subdomain)", text->substr(0, kShownBytes)), ""};
  }
  return text;
}

void read_hop(const ConfigField& field, UsedAddresses& used, GatewayConfig& gateway) {
  if (!field.present()) {
    gateway.hop = {{IpAddress::v4(0), gateway.port}, {IpAddress::v6({}), gateway.port}};
    for (const Endpoint& endpoint : gateway.hop) {
      used.reserve(endpoint, field.path());
    }
    return;
  }
  for (const ConfigField& item : field.value()->is_list() ? field.items(kMaxListens) : std::vector{field}) {
    if (const auto endpoint = item.parsed(&parse_fixed_endpoint)) {
      used.claim(item, *endpoint);
      gateway.hop.push_back(*endpoint);
    }
  }
}

void read_peers(const ConfigField& field, const ProxyConfig& config, GatewayConfig& gateway) {
  for (const ConfigField& item : field.items(kMaxPeers)) {
    auto id = item.parsed(&SpiffeId::parse);
    if (id && config.identity && id->trust_domain != config.identity->trust_domain) {
      item.refuse(
          fmt::format("is of another trust domain than identity.trustDomain, {}", config.identity->trust_domain));
    }
    if (id) {
      gateway.peers.push_back(*std::move(id));
    }
  }
}

void read_section(const ConfigField& field, ProxyConfig& config) {
  ConfigMap map(field);
  GatewayConfig gateway;
  if (auto node = map.required("node").parsed(&parse_node_name)) {
    gateway.node = *std::move(node);
  }
  if (const auto port = map.optional("port").quantity(Quantity::kCount, {1, 65'535})) {
    gateway.port = static_cast<std::uint16_t>(*port);
  }
  UsedAddresses used;
  used.reserve(config.admin.listen, "admin.listen");
  read_hop(map.optional("listen"), used, gateway);
  read_peers(map.required("peers"), config, gateway);
  for (const ConfigField& item : map.optional("nodes").items(kMaxNodes)) {
    if (auto node = item.parsed(&parse_node_name)) {
      gateway.nodes.push_back(*std::move(node));
    }
  }
  if (const auto most = map.optional("maxPods").quantity(Quantity::kCount, {1, kMostPods})) {
    gateway.max_pods = static_cast<std::uint32_t>(*most);
  }
  if (const auto most = map.optional("pendingHops").quantity(Quantity::kCount, {1, kMostPendingHops})) {
    gateway.pending_hops = static_cast<std::uint32_t>(*most);
  }
  map.refuse_unknown_keys();
  if (map.present() && !config.identity) {
    field.refuse("gateways know each other by certificates: needs the section identity");
  }
  config.gateway = std::move(gateway);
}

}  // namespace

void read_gateway(ConfigMap& map, ProxyConfig& config) {
  const ConfigField mode = map.optional("mode");
  if (mode.one_of(kModeWords).value_or(Mode::kSidecar) == Mode::kSidecar) {
    map.optional("gateway").refuse("needs mode: gateway");
    read_workload(map.required("workload"), config);
    return;
  }
  map.optional("workload").refuse("a gateway stands for all pods of gateway.node, not for one");
  read_section(map.required("gateway"), config);
}

void refuse_in_gateway(const ConfigField& field, const ProxyConfig& config, std::string_view why) {
  if (config.gateway && field.present()) {
    field.refuse(fmt::format("mode gateway: {}", why));
  }
}

}  // namespace gabion::config
