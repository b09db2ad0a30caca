// `capture` of gabion.yaml, and the profile that listeners name.
#include "config/proxy_config_capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "config/listener_claims.h"
#include "config/proxy_config_gateway.h"
#include "config/proxy_config_sections.h"
#include "config/proxy_words.h"

namespace gabion::config {
namespace {

constexpr std::size_t kMaxCaptureListens = 16;
constexpr std::uint16_t kInboundPort = 15006;  // where `gabion net install` leads connections unless told otherwise
constexpr std::uint16_t kOutboundPort = 15001;

void read_listen(const ConfigField& field, std::uint16_t port, UsedAddresses& used, std::vector<Endpoint>& into) {
  if (!field.present()) {
    into = {{IpAddress::v4(0), port}, {IpAddress::v6({}), port}};
    for (const Endpoint& endpoint : into) {
      used.reserve(endpoint, field.path());
    }
    return;
  }
  const auto items = field.value()->is_list() ? field.items(kMaxCaptureListens) : std::vector<ConfigField>{field};
  for (const ConfigField& item : items) {
    if (const auto endpoint = item.parsed(&parse_fixed_endpoint)) {
      used.claim(item, *endpoint);
      into.push_back(*endpoint);
    }
  }
}

/// "$(NAME)": one configuration of a namespace serves pods of either mode, each is told its own.
Result<CaptureMode> parse_told_mode(std::string_view text) {
  const auto told = from_environment(text);
  if (told.has_error()) {
    return told.error();
  }
  for (const auto& word : kCaptureModeWords) {
    if (word.text == *told) {
      return word.value;
    }
  }
  return Error{fmt::format("must be one of redirect, tproxy: {} is something else", text), ""};
}

std::optional<CaptureMode> read_mode(const ConfigField& field) {
  const auto word = field.word();
  return word && word->starts_with("$(") ? field.parsed(&parse_told_mode) : field.one_of(kCaptureModeWords);
}

/// Of the mode of a gateway.
void refuse_redirect(const ConfigField& field, const ProxyConfig& config) {
  if (field.word() && field.word() != word_for(kCaptureModeWords, CaptureMode::kTproxy)) {
    refuse_in_gateway(field, config, "by redirect nobody would know who calls");
  }
}

void read_inbound(const ConfigField& field, UsedAddresses& used, ProxyConfig& config) {
  ConfigMap map(field);
  CaptureConfig& capture = config.capture;
  read_listen(map.optional("listen"), kInboundPort, used, capture.inbound);
  if (config.gateway) {  // nobody can declare ports for all pods, and a gateway has no pod's certificate
    capture.undeclared = UndeclaredPort::kAuto;
    capture.inbound_tls = TlsMode::kDisable;
    capture.inbound_mode = CaptureMode::kTproxy;
    refuse_redirect(map.optional("mode"), config);
    refuse_in_gateway(map.optional("tls"), config, "what comes without a gateway is plain text to the pod");
  }
  if (const auto mode = read_mode(map.optional("mode"))) {
    capture.inbound_mode = *mode;
  }
  if (const auto undeclared = map.optional("undeclared").one_of(kUndeclaredPortWords)) {
    capture.undeclared = *undeclared;
  }
  const ConfigField tls = map.optional("tls");
  if (const auto mode = tls.one_of(kTlsModeWords); mode && !config.gateway) {
    capture.inbound_tls = *mode;
  }
  const bool serves = capture.undeclared == UndeclaredPort::kAuto;
  if (tls.present() && !serves) {
    tls.refuse("is of ports that no entry names: needs undeclared: auto");
  }
  if (map.present() && serves && capture.inbound_tls != TlsMode::kDisable && !config.identity) {
    (tls.present() ? tls : map.field())
        .refuse(fmt::format("tls {} needs the section identity", word_for(kTlsModeWords, capture.inbound_tls)));
  }
  map.refuse_unknown_keys();
}

void read_outbound(const ConfigField& field, UsedAddresses& used, ProxyConfig& config) {
  ConfigMap map(field);
  CaptureConfig& capture = config.capture;
  read_listen(map.optional("listen"), kOutboundPort, used, capture.outbound);
  if (config.gateway) {
    capture.unknown = UnknownDestination::kAllow;
    capture.tls = UpstreamTls::kDisable;
    capture.outbound_mode = CaptureMode::kTproxy;
    refuse_redirect(map.optional("mode"), config);
    refuse_in_gateway(map.optional("tls"), config, "who is called decides: another gateway, or nobody of the mesh");
  }
  if (const auto mode = map.optional("mode").one_of(kCaptureModeWords)) {
    capture.outbound_mode = *mode;
  }
  if (const auto unknown = map.optional("unknown").one_of(kUnknownDestinationWords)) {
    capture.unknown = *unknown;
  }
  const ConfigField tls = map.optional("tls");
  if (const auto mode = tls.one_of(kUpstreamTlsWords); mode && !config.gateway) {
    capture.tls = *mode;
  }
  if (map.present() && capture.tls == UpstreamTls::kMutual && !config.identity) {
    (tls.present() ? tls : map.field())
        .refuse("tls MUTUAL needs the section identity; DISABLE calls pods in plain text");
  }
  if (const auto websocket = map.optional("websocket").one_of(kWebSocketWords)) {
    capture.websocket = *websocket;
  }
  capture.inspect = read_profile_name(map.optional("inspect"), config);
  map.refuse_unknown_keys();
}

void read_mark(const ConfigField& field, CaptureConfig& capture) {
  if (!field.present()) {
    return;
  }
  if (capture.inbound_mode != CaptureMode::kTproxy && capture.outbound_mode != CaptureMode::kTproxy) {
    field.refuse("marks what mode: tproxy sends: inbound or outbound needs that mode");
  }
  if (const auto mark = field.quantity(Quantity::kCount, {1, std::numeric_limits<std::uint32_t>::max() - 1})) {
    capture.mark = static_cast<std::uint32_t>(*mark);
  }
}

}  // namespace

std::string read_profile_name(const ConfigField& field, const ProxyConfig& config) {
  const auto name = field.string();
  if (!name) {
    return {};
  }
  const auto is_named = [&name](const InspectionProfile& profile) { return profile.name == *name; };
  if (std::none_of(config.profiles.begin(), config.profiles.end(), is_named)) {
    std::vector<std::string_view> known;
    for (const InspectionProfile& profile : config.profiles) {
      known.push_back(profile.name);
    }
    const std::string_view meant = closest_word(*name, known);
    field.refuse(fmt::format("no profile \"{}\" in inspection.profiles{}", *name,
                             meant.empty() ? "" : fmt::format(", did you mean {}", meant)));
  }
  return *name;
}

Result<Endpoint> parse_fixed_endpoint(std::string_view text) {
  auto endpoint = Endpoint::parse(text);
  if (endpoint && endpoint->port == 0) {
    return Error{"port 0 is no place to find anybody", ""};
  }
  return endpoint;
}

void read_capture(ConfigField field, ProxyConfig& config) {
  ConfigMap map(std::move(field));
  UsedAddresses used;
  used.reserve(config.admin.listen, "admin.listen");
  for (const Endpoint& endpoint : config.gateway ? config.gateway->hop : std::vector<Endpoint>()) {
    used.reserve(endpoint, "gateway.listen");
  }
  if (const ConfigField inbound = map.optional("inbound"); inbound.present()) {
    read_inbound(inbound, used, config);
  }
  if (const ConfigField outbound = map.optional("outbound"); outbound.present()) {
    read_outbound(outbound, used, config);
  }
  read_mark(map.optional("mark"), config.capture);
  map.refuse_unknown_keys();
  if (map.present() && config.capture.inbound.empty() && config.capture.outbound.empty()) {
    map.field().refuse("needs inbound, outbound or both");
  } else if (map.present() && config.gateway && (config.capture.inbound.empty() || config.capture.outbound.empty())) {
    map.field().refuse("mode gateway: needs inbound and outbound, or one direction would go unjudged");
  }
}

}  // namespace gabion::config
