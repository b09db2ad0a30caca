// A listener is read with what the ones before it have taken at hand, so that a clash names both places.
#include "config/proxy_config_listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "config/host_pattern.h"
#include "config/listener_claims.h"
#include "config/proxy_config_capture.h"
#include "config/proxy_config_gateway.h"
#include "config/proxy_config_sections.h"
#include "config/proxy_words.h"
#include "config/service_route.h"

namespace gabion::config {
namespace {

constexpr std::size_t kMaxListeners = 1'024;  ///< of each direction
constexpr std::size_t kMaxRoutes = 4'096;     ///< of one listener
constexpr std::size_t kMaxHosts = 256;        ///< of one route
constexpr std::size_t kMaxServerIds = 256;    ///< of one route

template <class Target, class Value>
void assign(Target& target, std::optional<Value> value) {
  if (value) {
    target = *std::move(value);
  }
}

/// Plain names joined by '/', as in the default: "calls/route-0".
Result<std::string> parse_route_name(std::string_view text) {
  constexpr std::size_t kMaxRouteName = 128;
  constexpr std::size_t kShownBytes = 64;
  bool fits = text.size() <= kMaxRouteName;
  for (std::string_view rest = text; fits;) {
    const std::size_t slash = rest.find('/');
    fits = parse_plain_name(rest.substr(0, slash)).has_value();
    if (slash == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(slash + 1);
  }
  if (!fits) {
    return Error{fmt::format("\"{}\" is not a route's name: names joined by '/'", text.substr(0, kShownBytes)), ""};
  }
  return std::string(text);
}

std::optional<std::uint16_t> read_port(const ConfigField& field) {
  const auto port = field.quantity(Quantity::kCount, {1, 65'535});
  return port ? std::optional(static_cast<std::uint16_t>(*port)) : std::nullopt;
}

/// Whether messages of HTTP are all there can be.
bool is_http(Protocol protocol) noexcept {
  return protocol == Protocol::kHttp || protocol == Protocol::kHttp1 || protocol == Protocol::kHttp2;
}

/// On a listener of another protocol these keys would say nothing.
void refuse_what_is_of_http(ConfigMap& map, Protocol protocol, std::initializer_list<std::string_view> keys) {
  if (protocol != Protocol::kPostgres && protocol != Protocol::kTcp) {
    return;
  }
  for (const std::string_view key : keys) {
    map.optional(key).refuse(
        fmt::format("says nothing on a listener with protocol {}", word_for(kProtocolWords, protocol)));
  }
}

/// Nobody looks into bytes that are carried as they are: whoever asks for inspection must not believe it happens.
void refuse_inspection(const ConfigField& field, Protocol protocol) {
  if (protocol == Protocol::kTcp) {
    field.refuse("nothing is inspected on a listener with protocol tcp");
  } else if (protocol == Protocol::kAuto) {
    field.refuse("needs a declared protocol: with auto, what does not look like it would pass uninspected");
  }
}

/// False, and told: the key says nothing here.
bool is_of_postgres(const ConfigField& field, Protocol protocol) {
  if (field.present() && protocol != Protocol::kPostgres) {
    field.refuse("says something only on a listener with protocol postgres");
    return false;
  }
  return true;
}

void read_hosts(const ConfigField& field, RouteConfig& route, UsedOnce& hosts) {
  for (const ConfigField& item : field.items(kMaxHosts)) {
    if (auto host = item.parsed(&parse_host_pattern)) {
      hosts.claim(item, *host);
      route.hosts.push_back(*std::move(host));
    }
  }
}

/// Reads the listeners of one configuration, one after another.
class ListenerReader {
 public:
  ListenerReader(const ConfigFolder& folder, ProxyConfig& config) : folder_(folder), config_(config) {
    addresses_.reserve(config.admin.listen, "admin.listen");
    for (const Endpoint& endpoint : config.capture.inbound) {
      addresses_.reserve(endpoint, "capture.inbound");
    }
    for (const Endpoint& endpoint : config.capture.outbound) {
      addresses_.reserve(endpoint, "capture.outbound");
    }
  }

  void read_inbound(const ConfigField& field);
  void read_outbound(const ConfigField& field, std::size_t index);

 private:
  void read_inbound_ends(ConfigMap& map, InboundConfig& listener);
  void read_outbound_listen(ConfigMap& map, OutboundConfig& listener);
  [[nodiscard]] std::vector<DatabaseLogin> read_logins(ConfigMap& map, Protocol protocol, LoginSide side) const;
  [[nodiscard]] std::optional<ApplicationTls> read_client_tls(ConfigMap& map, Protocol protocol) const;
  void require_identity(const ConfigField& field, std::string_view mode) const;
  [[nodiscard]] RouteConfig read_route(const ConfigField& field, const OutboundConfig& listener, UsedOnce& hosts);
  void read_route_tls(const ConfigField& field, const ConfigField& whole, RouteConfig& route) const;
  [[nodiscard]] bool read_route_database_tls(const ConfigField& field, RouteConfig& route) const;
  void read_server_ids(const ConfigField& field, RouteConfig& route) const;

  const ConfigFolder& folder_;
  ProxyConfig& config_;
  UsedOnce names_;
  UsedOnce ports_;
  UsedOnce captured_;  ///< destinations of routes
  UsedAddresses addresses_;
};

std::vector<DatabaseLogin> ListenerReader::read_logins(ConfigMap& map, Protocol protocol, LoginSide side) const {
  const ConfigField field = map.optional("logins");
  return is_of_postgres(field, protocol) ? read_database_logins(field, side, folder_) : std::vector<DatabaseLogin>();
}

/// The pair may be the identity's.
std::optional<ApplicationTls> ListenerReader::read_client_tls(ConfigMap& map, Protocol protocol) const {
  const ConfigField field = map.optional("clientTls");
  if (!is_of_postgres(field, protocol)) {
    return std::nullopt;
  }
  auto tls = read_application_tls(field, folder_);
  if (tls && tls->certificate.empty() && field.value()->is_map()) {
    require_identity(field, "clientTls without certificate and key");
    if (config_.identity) {
      tls->certificate = config_.identity->certificate;
      tls->key = config_.identity->key;
    }
  }
  return tls;
}

void ListenerReader::require_identity(const ConfigField& field, std::string_view mode) const {
  if (!config_.identity) {
    field.refuse(fmt::format("{} needs the section identity", mode));
  }
}

/// Without `listen` it is a port at which connections are captured, where they are.
void ListenerReader::read_inbound_ends(ConfigMap& map, InboundConfig& listener) {
  const bool may_capture = !config_.capture.inbound.empty();
  const ConfigField listen = may_capture ? map.optional("listen") : map.required("listen");
  refuse_in_gateway(listen, config_, "connections are captured, of which pod their addresses tell");
  const ConfigField port = map.required("port");
  if (const auto number = read_port(port)) {
    listener.port = *number;
    ports_.claim(port, fmt::format("{}", *number));
  }
  if (may_capture && map.present() && !listen.present()) {
    listener.arrival = Arrival::kCaptured;
    for (const std::string_view key : {"target", "targetTls"}) {
      map.optional(key).refuse("needs listen: a captured connection goes on to where it was going, in plain text");
    }
    return;
  }
  const ConfigField target = map.required("target");
  if (const auto endpoint = listen.parsed(&parse_fixed_endpoint)) {
    listener.listen = *endpoint;
    addresses_.claim(listen, *endpoint);
  }
  assign(listener.target, target.parsed(&parse_fixed_endpoint));
  if (listener.target.port != 0 && listener.target == listener.listen) {
    target.refuse("is the listener itself");
  }
}

void ListenerReader::read_inbound(const ConfigField& field) {
  ConfigMap map(field);
  InboundConfig listener;
  read_inbound_ends(map, listener);
  const ConfigField tls = map.optional("tls");
  const ConfigField name = map.optional("name");
  assign(listener.protocol, map.required("protocol").one_of(kProtocolWords));
  refuse_what_is_of_http(map, listener.protocol, {"targetProtocol", "websocket"});
  assign(listener.target_protocol, map.optional("targetProtocol").one_of(kUpstreamProtocolWords));
  listener.tls = config_.gateway ? TlsMode::kDisable : listener.tls;
  assign(listener.tls, tls.one_of(kTlsModeWords));
  if (listener.tls != TlsMode::kDisable) {
    refuse_in_gateway(tls, config_, "it has no certificate of the pod's: only DISABLE");
  }
  if (map.present() && listener.tls != TlsMode::kDisable) {
    require_identity(tls.present() ? tls : map.field(), fmt::format("tls {}", word_for(kTlsModeWords, listener.tls)));
  }
  assign(listener.websocket, map.optional("websocket").one_of(kWebSocketWords));
  listener.inspect = read_profile_name(map.optional("inspect"), config_);
  refuse_inspection(map.optional("inspect"), listener.protocol);
  listener.logins = read_logins(map, listener.protocol, LoginSide::kInbound);
  if (is_of_postgres(map.optional("targetTls"), listener.protocol)) {
    listener.target_tls = read_target_tls(map.optional("targetTls"), folder_);
  }
  listener.application_tls = read_client_tls(map, listener.protocol);
  if (listener.application_tls && listener.tls != TlsMode::kDisable) {
    map.optional("clientTls").refuse("is for callers of no mesh: tls DISABLE");
  }
  if (!listener.logins.empty() && listener.tls == TlsMode::kDisable) {
    map.optional("logins").refuse("need callers with an identity: tls STRICT or PERMISSIVE");
  }
  listener.name = fmt::format("inbound-{}", listener.port);
  if (auto own = name.parsed(&parse_plain_name)) {
    listener.name = *std::move(own);
    names_.claim(name, listener.name);
  } else if (!name.present() && listener.port != 0) {
    names_.claim(map.field(), listener.name);
  }
  map.refuse_unknown_keys();
  config_.inbound.push_back(std::move(listener));
}

/// Without `listen` its routes are chosen by where the application was going, where that is captured.
void ListenerReader::read_outbound_listen(ConfigMap& map, OutboundConfig& listener) {
  const bool may_capture = !config_.capture.outbound.empty();
  const ConfigField listen = may_capture ? map.optional("listen") : map.required("listen");
  refuse_in_gateway(listen, config_, "connections are captured, of which pod their addresses tell");
  if (may_capture && map.present() && !listen.present()) {
    listener.arrival = Arrival::kCaptured;
  } else if (const auto endpoint = listen.parsed(&parse_fixed_endpoint)) {
    listener.listen = *endpoint;
    addresses_.claim(listen, *endpoint);
  }
}

void ListenerReader::read_outbound(const ConfigField& field, std::size_t index) {
  ConfigMap map(field);
  OutboundConfig listener;
  const ConfigField name = map.optional("name");
  listener.name = fmt::format("outbound-{}", index);
  assign(listener.name, name.parsed(&parse_plain_name));
  names_.claim(name.present() ? name : map.field(), listener.name);
  read_outbound_listen(map, listener);
  assign(listener.protocol, map.required("protocol").one_of(kProtocolWords));
  refuse_what_is_of_http(map, listener.protocol, {"websocket"});
  listener.source_address = map.optional("sourceAddress").parsed(&IpAddress::parse);
  refuse_in_gateway(map.optional("sourceAddress"), config_, "pods are called from the address of the pod that calls");
  assign(listener.websocket, map.optional("websocket").one_of(kWebSocketWords));
  listener.inspect = read_profile_name(map.optional("inspect"), config_);
  refuse_inspection(map.optional("inspect"), listener.protocol);
  listener.logins = read_logins(map, listener.protocol, LoginSide::kOutbound);
  listener.application_tls = read_client_tls(map, listener.protocol);
  UsedOnce names;
  UsedOnce hosts;
  const bool has_one_route = !is_http(listener.protocol) && listener.arrival == Arrival::kDialled;  // names no host
  const std::size_t most_routes = has_one_route ? 1 : kMaxRoutes;
  for (const ConfigField& item : map.required("routes").items(most_routes)) {
    RouteConfig route = read_route(item, listener, hosts);
    if (route.name.empty()) {
      route.name = fmt::format("{}/route-{}", listener.name, listener.routes.size());
    }
    names.claim(item, route.name);
    listener.routes.push_back(std::move(route));
  }
  map.refuse_unknown_keys();
  config_.outbound.push_back(std::move(listener));
}

RouteConfig ListenerReader::read_route(const ConfigField& field, const OutboundConfig& listener, UsedOnce& hosts) {
  ConfigMap map(field);
  RouteConfig route;
  route.where = field.where();
  assign(route.name, map.optional("name").parsed(&parse_route_name));
  refuse_what_is_of_http(map, listener.protocol, {"hosts", "protocol"});
  if (is_http(listener.protocol) && listener.arrival == Arrival::kDialled) {
    read_hosts(map.required("hosts"), route, hosts);
  } else if (is_http(listener.protocol)) {
    map.optional("hosts").refuse("says nothing without listen: the address the application calls chooses the route");
    route.hosts = {"*"};
  } else if (listener.protocol == Protocol::kAuto) {
    map.optional("hosts").refuse("says nothing on a listener with protocol auto: one route is for all of it");
    route.hosts.emplace_back("*");
  }
  route.service = read_route_service(map);
  const ConfigField destination = route.service ? map.optional("destination") : map.required("destination");
  if (const auto endpoint = destination.parsed(&parse_fixed_endpoint)) {
    route.destination = *endpoint;
    if (listener.source_address && listener.source_address->is_v4() != endpoint->address.is_v4()) {
      destination.refuse("is of another address family than sourceAddress");
    }
  }
  route.port = route.destination.port;
  assign(route.port, read_port(map.optional("port")));
  route.pod = map.optional("pod").parsed(&IpAddress::parse);
  if (listener.arrival == Arrival::kCaptured && route.port != 0) {
    captured_.claim(map.field(), Endpoint{route.pod.value_or(route.destination.address), route.port}.to_string());
  }
  assign(route.protocol, map.optional("protocol").one_of(kUpstreamProtocolWords));
  if (listener.protocol != Protocol::kPostgres || !read_route_database_tls(map.optional("tls"), route)) {
    read_route_tls(map.optional("tls"), map.field(), route);
  }
  map.refuse_unknown_keys();
  return route;
}

/// False: the mode is none of a database's own, and nothing was read.
bool ListenerReader::read_route_database_tls(const ConfigField& field, RouteConfig& route) const {
  if (!field.present() || !field.value()->is_map()) {
    return false;
  }
  ConfigMap map(field);
  const ConfigField word = map.optional("mode");
  if (!word.present()) {
    return false;
  }
  const auto mode = word.one_of(kRouteTlsWords);
  if (mode && !*mode) {
    return false;
  }
  route.tls = UpstreamTls::kDatabase;
  map.optional("serverIds").refuse("are never checked with this mode");
  route.database_tls = read_database_tls(map, mode ? **mode : DatabaseTlsMode::kVerifyFull, folder_);
  map.refuse_unknown_keys();
  return true;
}

/// `whole` is the route: what is missing is missing there when `tls` is left out.
void ListenerReader::read_route_tls(const ConfigField& field, const ConfigField& whole, RouteConfig& route) const {
  ConfigMap map(field);
  const ConfigField mode = map.optional("mode");
  const ConfigField server_ids = map.optional("serverIds");
  map.refuse_unknown_keys();
  const bool bad_mode = mode.present() && !mode.one_of(kUpstreamTlsWords);
  if (bad_mode || (field.present() && !map.present()) || !whole.present()) {
    return;
  }
  route.tls = config_.gateway ? UpstreamTls::kDisable : route.tls;
  assign(route.tls, mode.one_of(kUpstreamTlsWords));
  if (route.tls == UpstreamTls::kMutual) {
    refuse_in_gateway(mode, config_, "it has no certificate of the pod's: only DISABLE");
  }
  if (route.tls == UpstreamTls::kDisable) {
    server_ids.refuse("are never checked with mode DISABLE");
    return;
  }
  read_server_ids(server_ids, route);
  const ConfigField& place = map.present() ? map.field() : whole;
  if (!server_ids.present()) {
    place.refuse("mode MUTUAL needs tls.serverIds: who may answer");
  }
  require_identity(mode.present() ? mode : place, "mode MUTUAL");
}

void ListenerReader::read_server_ids(const ConfigField& field, RouteConfig& route) const {
  for (const ConfigField& item : field.items(kMaxServerIds)) {
    auto id = item.parsed(&SpiffeId::parse);
    if (!id) {
      continue;
    }
    if (config_.identity && !config_.identity->trust_domain.empty() &&
        id->trust_domain != config_.identity->trust_domain) {
      item.refuse(
          fmt::format("is of another trust domain than identity.trustDomain, {}: no certificate of it can be "
                      "verified",
                      config_.identity->trust_domain));
    }
    route.server_ids.push_back(*std::move(id));
  }
}

}  // namespace

void read_listeners(ConfigField inbound, ConfigField outbound, const ConfigFolder& folder, ProxyConfig& config) {
  ListenerReader reader(folder, config);
  for (const ConfigField& field : inbound.items(kMaxListeners)) {
    reader.read_inbound(field);
  }
  std::size_t index = 0;
  for (const ConfigField& field : outbound.items(kMaxListeners)) {
    reader.read_outbound(field, index++);
  }
}

}  // namespace gabion::config
