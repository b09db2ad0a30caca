// Everything made from one reading of the configuration: see snapshot.h.
#include "proxy/snapshot.h"

#include <algorithm>
#include <span>

#include "config/proxy_config_json.h"
#include "proxy/capture/capture_plans.h"
#include "proxy/capture/captured_plan.h"
#include "proxy/gateway/pod_views.h"
#include "proxy/gateway/route_checks.h"
#include "proxy/listener_plans.h"

namespace gabion::proxy {
namespace {

bool equal_host(std::string_view host, std::string_view lower) noexcept {
  return host.size() == lower.size() && std::equal(host.begin(), host.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
         });
}

std::string_view without_port(std::string_view authority) noexcept {
  const auto colon = authority.rfind(':');
  const bool inside_brackets =
      authority.find(']', colon == std::string_view::npos ? 0 : colon) != std::string_view::npos;
  auto host = colon == std::string_view::npos || inside_brackets ? authority : authority.substr(0, colon);
  if (!host.empty() && host.back() == '.') {
    host.remove_suffix(1);
  }
  return host;
}

bool host_matches(std::string_view authority, std::string_view host, const std::string& pattern) noexcept {
  const bool names_port = pattern.find(':') != std::string::npos && pattern.back() != ']';
  const std::string_view asked = names_port ? authority : host;
  if (pattern == "*") {
    return true;
  }
  if (pattern.starts_with("*:")) {
    const std::string_view port = std::string_view(pattern).substr(1);
    return asked.size() > port.size() && asked.ends_with(port);
  }
  if (pattern.starts_with("*.")) {
    const std::string_view suffix = std::string_view(pattern).substr(1);
    return asked.size() > suffix.size() && equal_host(asked.substr(asked.size() - suffix.size()), suffix);
  }
  return equal_host(asked, pattern);
}

/// The secrets as their files are now.
std::vector<DatabaseLoginPlan> plan_logins(std::span<const config::DatabaseLogin> logins, config::Errors& errors) {
  std::vector<DatabaseLoginPlan> plans;
  for (const auto& login : logins) {
    if (auto plan = plan_database_login(login); plan.has_error()) {
      errors.push_back(plan.error());
    } else {
      plans.push_back(*std::move(plan));
    }
  }
  return plans;
}

template <class Made, class... From>
std::shared_ptr<const Made> make_or_note(config::Errors& errors, const From&... from) {
  auto made = Made::make(from...);
  if (made.has_error()) {
    errors.push_back(made.error());
    return nullptr;
  }
  return *std::move(made);
}

/// The certificates and bundles as their files are now.
void plan_database_tls(ListenerPlan& plan, const std::optional<config::ApplicationTls>& application,
                       config::Errors& errors) {
  if (application) {
    plan.application_tls = make_or_note<tls::DatabaseServerContext>(errors, *application);
  }
}

void plan_database_tls(UpstreamPlan& plan, const std::optional<config::DatabaseTls>& wanted, config::Errors& errors) {
  if (wanted) {
    plan.database_tls = make_or_note<tls::DatabaseClientContext>(errors, *wanted, plan.destination.address);
  }
}

/// Which ends of TLS `config` makes its identity serve.
std::vector<tls::Role> roles_of(const config::ProxyConfig& config) {
  if (config.gateway) {
    return {tls::Role::kServer, tls::Role::kClient};
  }
  std::vector<tls::Role> roles;
  const bool answers_ports = !config.capture.inbound.empty() &&
                             config.capture.undeclared == config::UndeclaredPort::kAuto &&
                             config.capture.inbound_tls != config::TlsMode::kDisable;
  if (answers_ports || std::any_of(config.inbound.begin(), config.inbound.end(),
                                   [](const auto& inbound) { return inbound.tls != config::TlsMode::kDisable; })) {
    roles.push_back(tls::Role::kServer);
  }
  const auto dials_mutual = [](const config::OutboundConfig& outbound) {
    return std::any_of(outbound.routes.begin(), outbound.routes.end(),
                       [](const auto& route) { return route.tls == config::UpstreamTls::kMutual; });
  };
  const bool calls_pods = !config.capture.outbound.empty() && config.capture.tls == config::UpstreamTls::kMutual;
  if (calls_pods || std::any_of(config.outbound.begin(), config.outbound.end(), dials_mutual)) {
    roles.push_back(tls::Role::kClient);
  }
  return roles;
}

/// REQUIRES: config.identity.
config::Result<std::shared_ptr<const tls::Contexts>> load_contexts(const config::ProxyConfig& config,
                                                                   std::shared_ptr<const tls::Contexts> previous) {
  auto material = tls::load_material(*config.identity, roles_of(config));
  if (material.has_error()) {
    return material.error();
  }
  if (previous && tls::same_material(previous->material(), **material)) {
    return previous;
  }
  return tls::Contexts::make(std::move(*material));
}

std::span<const std::shared_ptr<const Snapshot>> views_of(const Snapshot& snapshot) noexcept {
  return snapshot.pods == nullptr ? std::span<const std::shared_ptr<const Snapshot>>() : snapshot.pods->all;
}

/// What its pods may call by the address of a service is planned when one of them does.
std::vector<const config::services::ServiceTarget*> services_of_gateway(const Snapshot& snapshot) {
  std::vector<const config::services::ServiceTarget*> targets;
  if (snapshot.pods != nullptr) {
    for (const auto& target : snapshot.inspection->services().targets()) {
      targets.push_back(&*target);
    }
  }
  return targets;
}

/// Of what only manifests have changed under, the rest goes on: what they made impossible is refused call by call. At a
/// start nobody knows which of the two changed, and a pod of anybody's must not keep gateways from starting.
bool is_changed_configuration(const Snapshot* previous, const config::ProxyConfig& config) {
  return previous != nullptr && config::to_json(previous->config) != config::to_json(config);
}

}  // namespace

inspect::ConnectionFacts egress_facts(const config::RouteConfig& route) noexcept {
  inspect::ConnectionFacts facts;
  facts.side = inspect::Side::kEgress;
  facts.peer_address = route.pod.value_or(route.destination.address);
  facts.port = route.port;
  return facts;
}

int ListenerPlan::route_for(std::string_view authority) const noexcept {
  const auto host = without_port(authority);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    for (const auto& pattern : routes[i].hosts) {
      if (host_matches(authority, host, pattern)) {
        return static_cast<int>(i);
      }
    }
  }
  return -1;
}

const ListenerPlan* Snapshot::listener_at(const config::Endpoint& listen) const noexcept {
  const auto found =
      std::find_if(listeners.begin(), listeners.end(), [&](const auto& plan) { return plan.listen == listen; });
  return found == listeners.end() ? nullptr : &*found;
}

const ListeningSocket* Snapshot::socket_at(const config::Endpoint& listen) const noexcept {
  const auto found =
      std::find_if(sockets.begin(), sockets.end(), [&](const auto& socket) { return socket.listen == listen; });
  return found == sockets.end() ? nullptr : &*found;
}

const std::shared_ptr<const Snapshot>& newest(const std::shared_ptr<const Snapshot>& root,
                                              const std::shared_ptr<const Snapshot>& earlier) noexcept {
  if (earlier->calls == nullptr) {
    return root;
  }
  if (earlier->generation == root->generation || root->pods == nullptr) {
    return earlier;
  }
  const auto found = root->pods->by_key.find(earlier->calls->key());
  return found == root->pods->by_key.end() ? earlier : found->second;
}

bool is_reachable(const std::unordered_set<std::string>& reachable, const std::string& key) {
  const auto end = key.find(kEndOfPoolFamily);
  return reachable.contains(end == std::string::npos ? key : key.substr(0, end + 1));
}

std::vector<const ListenerPlan*> plans_of(const Snapshot& snapshot) {
  std::vector<const ListenerPlan*> plans;
  for (const auto& view : views_of(snapshot)) {
    const auto more = plans_of(*view);
    plans.insert(plans.end(), more.begin(), more.end());
  }
  for (const auto* listed : {&snapshot.listeners, &snapshot.capture.outbound}) {
    for (const auto& plan : *listed) {
      plans.push_back(&plan);
    }
  }
  for (const auto& [target, plan] : snapshot.capture.services) {
    plans.push_back(&plan);
  }
  return plans;
}

std::unordered_set<std::string> reachable_pool_keys(const Snapshot& snapshot) {
  std::unordered_set<std::string> keys = captured_pool_families(snapshot);
  for (const auto& view : views_of(snapshot)) {
    keys.merge(reachable_pool_keys(*view));
  }
  if (snapshot.pods != nullptr) {
    return keys;
  }
  for (const auto* plan : plans_of(snapshot)) {
    for (std::size_t i = 0; i < plan->upstreams.size(); ++i) {
      const auto service = i < plan->services.size() ? plan->services[i] : nullptr;
      if (service && !service->all_denied) {
        for (const auto& endpoint : service->endpoints) {
          keys.insert(endpoint.plan.pool_key);
        }
      } else if (!service && plan->upstreams[i].cannot_be_called.empty() &&
                 (plan->side == inspect::Side::kIngress ||
                  snapshot.inspection->policy().may_allow_requests(egress_facts(plan->routes[i])))) {
        keys.insert(plan->upstreams[i].pool_key);
      }
    }
  }
  return keys;
}

KnownEndpoints known_endpoints(const Snapshot& snapshot) {
  KnownEndpoints known;
  for (const auto* target : services_of_gateway(snapshot)) {
    known.services.insert(target->to_string());
    for (const auto& endpoint : target->endpoints) {
      known.endpoints.insert(endpoint.at);
    }
  }
  for (const auto* plan : plans_of(snapshot)) {
    for (const auto& service : plan->services) {
      if (service) {
        known.services.insert(service->service);
        known.endpoints.insert(service->at.begin(), service->at.end());
      }
    }
  }
  return known;
}

config::services::EndpointCounts endpoint_counts(const Snapshot& snapshot) {
  std::unordered_set<std::string> seen;
  config::services::EndpointCounts all;
  for (const auto* target : services_of_gateway(snapshot)) {
    all.ready += target->counts.ready;
    all.leaving += target->counts.leaving;
    all.unready += target->counts.unready;
    seen.insert(target->to_string());
  }
  for (const auto* plan : plans_of(snapshot)) {
    for (const auto& service : plan->services) {
      if (service && seen.insert(service->service).second) {
        all.ready += service->counts.ready;
        all.leaving += service->counts.leaving;
        all.unready += service->counts.unready;
      }
    }
  }
  return all;
}

void plan_entries(Snapshot& snapshot, config::Errors& errors) {
  for (const auto& inbound : snapshot.config.inbound) {
    ListenerPlan plan = plan_of(inbound, *snapshot.inspection);
    plan.logins = plan_logins(inbound.logins, errors);
    plan_database_tls(plan, inbound.application_tls, errors);
    plan_database_tls(plan.upstreams.front(), inbound.target_tls, errors);
    keep_plan(std::move(plan), snapshot, errors);
  }
  for (const auto& outbound : snapshot.config.outbound) {
    ListenerPlan plan = plan_of(outbound, *snapshot.inspection);
    plan.logins = plan_logins(outbound.logins, errors);
    plan_database_tls(plan, outbound.application_tls, errors);
    for (std::size_t i = 0; i < plan.upstreams.size(); ++i) {
      if (!outbound.routes[i].service) {
        plan_database_tls(plan.upstreams[i], outbound.routes[i].database_tls, errors);
      }
    }
    call_for_pod(plan, snapshot.calls.get());
    plan_services(plan, *snapshot.inspection, errors, snapshot.calls.get());
    keep_plan(std::move(plan), snapshot, errors);
  }
  add_capture(snapshot, errors);
}

config::CheckedResult<std::shared_ptr<const Snapshot>> Snapshot::make(config::ProxyConfig config,
                                                                      std::uint64_t generation,
                                                                      const Snapshot* previous,
                                                                      const inspect::RuleSets* rules) {
  auto snapshot = std::make_shared<Snapshot>();
  config::Errors errors;
  snapshot->generation = generation;
  snapshot->config = std::move(config);
  if (snapshot->config.identity) {
    auto contexts = load_contexts(snapshot->config, previous == nullptr ? nullptr : previous->tls);
    if (contexts.has_error()) {
      errors.push_back(contexts.error());
    } else {
      snapshot->tls = std::move(*contexts);
    }
  }
  auto inspection = inspect::Snapshot::compile(
      snapshot->config, generation,
      {.snapshot = previous == nullptr ? nullptr : previous->inspection.get(), .rules = rules});
  if (inspection.has_error()) {
    const config::Errors more = inspection.error();  // error() answers a copy each time
    errors.insert(errors.end(), more.begin(), more.end());
  }
  if (!errors.empty()) {
    return errors;
  }
  snapshot->inspection = std::move(*inspection);
  if (snapshot->config.gateway) {
    auto impossible = routes_that_cannot_hold(*snapshot);
    if (!impossible.empty() && is_changed_configuration(previous, snapshot->config)) {
      return impossible;
    }
    add_pods(*snapshot, errors);
  } else {
    plan_entries(*snapshot, errors);
  }
  if (!errors.empty()) {
    return errors;
  }
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace gabion::proxy
