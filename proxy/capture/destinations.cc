// Who is behind an address that the application calls: see destinations.h.
#include "proxy/capture/destinations.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "config/proxy_words.h"

namespace gabion::proxy {
namespace {

/// REQUIRES: mTLS, so the configuration has an identity.
config::SpiffeId id_of(const Snapshot& snapshot, const config::policy::KnownPod& pod) {
  config::SpiffeId id;
  id.trust_domain = snapshot.config.identity->trust_domain;
  id.name_space = pod.name.name_space;
  id.service_account = pod.service_account;
  return id;
}

const config::Word<config::Protocol>* word_of(std::string_view text) noexcept {
  const auto* found = std::find_if(std::begin(config::kProtocolWords), std::end(config::kProtocolWords),
                                   [&](const auto& word) { return word.text == text; });
  return found == std::end(config::kProtocolWords) ? nullptr : found;
}

}  // namespace

/// By the address of one pod. (An address that several pods hold is nobody's.)
std::optional<config::RouteConfig> route_to(const Snapshot& snapshot, const config::Endpoint& original) {
  const auto pod = snapshot.inspection->policy().pod_at(original.address);
  if (pod == nullptr) {
    return std::nullopt;
  }
  config::RouteConfig route = route_to_unknown(original);
  route.name = pod->name.name_space + "/" + pod->name.name;
  route.tls = snapshot.config.capture.tls;
  if (route.tls == config::UpstreamTls::kMutual) {
    route.server_ids.push_back(id_of(snapshot, *pod));
  }
  return route;
}

config::RouteConfig route_to(const Snapshot& snapshot, const config::services::ServiceTarget& target) {
  config::RouteConfig route;
  route.name = target.to_string();
  route.hosts = {"*"};
  route.service = {target.service, target.port_name, target.port};
  route.tls = snapshot.config.capture.tls;
  if (route.tls != config::UpstreamTls::kMutual) {
    return route;
  }
  for (const auto& endpoint : target.endpoints) {
    const auto pod = snapshot.inspection->policy().pod_at(endpoint.at.address);
    auto id = pod == nullptr ? config::SpiffeId() : id_of(snapshot, *pod);
    if (pod != nullptr && std::find(route.server_ids.begin(), route.server_ids.end(), id) == route.server_ids.end()) {
      route.server_ids.push_back(std::move(id));
    }
  }
  return route;
}

config::RouteConfig route_to_unknown(const config::Endpoint& original) {
  config::RouteConfig route;
  route.name = "unknown";
  route.hosts = {"*"};
  route.destination = original;
  route.port = original.port;
  route.tls = config::UpstreamTls::kDisable;
  return route;
}

config::Protocol protocol_of(const config::services::ServiceTarget& target) noexcept {
  const std::string_view name = target.port_name;
  const auto* word = word_of(target.app_protocol);
  if (word == nullptr && target.app_protocol.empty()) {
    word = word_of(name.substr(0, name.find('-')));
  }
  return word == nullptr ? config::Protocol::kAuto : word->value;
}

}  // namespace gabion::proxy
