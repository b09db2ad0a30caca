// From entries of the configuration to plans of listeners: see listener_plans.h.
#include "proxy/listener_plans.h"

#include <utility>

namespace gabion::proxy {
namespace {

/// In plain text nothing is negotiated.
config::UpstreamProtocol spoken(config::Protocol listener, config::UpstreamProtocol asked,
                                config::UpstreamTls tls) noexcept {
  if (listener == config::Protocol::kPostgres) {
    return config::UpstreamProtocol::kPostgres;
  }
  if (listener == config::Protocol::kTcp) {
    return config::UpstreamProtocol::kTcp;
  }
  const bool settled = asked != config::UpstreamProtocol::kAuto || tls == config::UpstreamTls::kMutual;
  return settled ? asked : config::UpstreamProtocol::kHttp1;
}

Spoken spoken_through(config::Protocol listener) noexcept {
  switch (listener) {
    case config::Protocol::kPostgres:
      return Spoken::kPostgres;
    case config::Protocol::kTcp:
      return Spoken::kTcp;
    case config::Protocol::kAuto:
      return Spoken::kAny;
    case config::Protocol::kHttp:
    case config::Protocol::kHttp1:
    case config::Protocol::kHttp2:
      break;
  }
  return Spoken::kHttp;
}

}  // namespace

ListenerPlan plan_of(const config::InboundConfig& inbound, const inspect::Snapshot& inspection) {
  ListenerPlan plan;
  plan.side = inspect::Side::kIngress;
  plan.arrival = inbound.arrival;
  plan.name = inbound.name;
  plan.listen = inbound.listen;
  plan.protocol = inbound.protocol;
  plan.tls = inbound.tls;
  plan.port = inbound.port;
  plan.websocket = inbound.websocket;
  plan.profile = inspection.profile_index(inbound.inspect);
  UpstreamPlan target;
  target.name = inbound.name;
  target.destination = inbound.target;
  target.destination_text = inbound.target.to_string();
  target.tls = inbound.target_tls ? config::UpstreamTls::kDatabase : config::UpstreamTls::kDisable;
  target.protocol = spoken(inbound.protocol, inbound.target_protocol, target.tls);
  target.pool_key = pool_key_of(target);
  plan.upstreams.push_back(std::move(target));
  return plan;
}

ListenerPlan plan_of(const config::OutboundConfig& outbound, const inspect::Snapshot& inspection) {
  ListenerPlan plan;
  plan.side = inspect::Side::kEgress;
  plan.arrival = outbound.arrival;
  plan.name = outbound.name;
  plan.listen = outbound.listen;
  plan.protocol = outbound.protocol;
  plan.websocket = outbound.websocket;
  plan.profile = inspection.profile_index(outbound.inspect);
  plan.routes = outbound.routes;
  for (const auto& route : outbound.routes) {
    UpstreamPlan target;
    target.name = route.name;
    target.destination = route.destination;
    target.destination_text = route.service ? route.service->to_string() : route.destination.to_string();
    target.protocol_was_said = route.protocol != config::UpstreamProtocol::kAuto;
    target.source = outbound.source_address;
    target.tls = route.tls;
    target.server_ids = route.server_ids;
    target.protocol = spoken(outbound.protocol, route.protocol, target.tls);
    target.pool_key = pool_key_of(target);
    plan.upstreams.push_back(std::move(target));
  }
  return plan;
}

void plan_service_route(ListenerPlan& plan, const config::services::ServiceTarget* target,
                        const inspect::Snapshot& inspection, config::Errors& errors, const PodCalls* calls) {
  const std::size_t index = plan.services.size();
  auto& planned = plan.services.emplace_back();
  auto& route = plan.routes[index];
  route.port = target == nullptr ? route.service->number : target->port;
  auto made = plan_service(target, plan.upstreams[index], spoken_through(plan.protocol), inspection.policy(),
                           route.database_tls, calls);
  if (made.has_error()) {
    errors.push_back(made.error());
  } else {
    planned = std::make_shared<const ServicePlan>(*std::move(made));
  }
}

void plan_services(ListenerPlan& plan, const inspect::Snapshot& inspection, config::Errors& errors,
                   const PodCalls* calls) {
  for (std::size_t i = 0; i < plan.routes.size(); ++i) {
    const auto& service = plan.routes[i].service;
    if (!service) {
      plan.services.emplace_back();
      continue;
    }
    const auto& source = plan.upstreams[i].source;
    const auto* target =
        source ? inspection.services().find(*service, source->is_v4()) : inspection.services().find(*service);
    plan_service_route(plan, target, inspection, errors, calls);
  }
}

void call_for_pod(ListenerPlan& plan, const PodCalls* calls) {
  if (calls == nullptr) {
    return;
  }
  for (std::size_t i = 0; i < plan.routes.size(); ++i) {
    UpstreamPlan& target = plan.upstreams[i];
    target.pool_prefix = calls->key() + "|";
    if (!plan.routes[i].service) {
      [[maybe_unused]] const bool can_be_called = calls->complete(target);  // who calls there asks
    }
  }
}

}  // namespace gabion::proxy
