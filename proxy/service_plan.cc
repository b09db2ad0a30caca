// Endpoints one by one: who is judged, how it is dialled, whether anything may go there at all.
#include "proxy/service_plan.h"

#include <algorithm>
#include <utility>

#include "proxy/gateway/pod_calls.h"

namespace gabion::proxy {
namespace {

/// What a Service's appProtocol says of a route that says nothing (gabion.yaml: `auto`), where nothing is negotiated.
config::UpstreamProtocol spoken_by(const config::services::ServiceTarget& target, const UpstreamPlan& like) noexcept {
  const bool declared =
      target.app_protocol == "kubernetes.io/h2c" || target.app_protocol == "grpc" || target.app_protocol == "http2";
  const bool open = !like.protocol_was_said && like.protocol != config::UpstreamProtocol::kPostgres &&
                    like.protocol != config::UpstreamProtocol::kTcp;
  return declared && open ? config::UpstreamProtocol::kHttp2 : like.protocol;
}

bool may_speak_sql(const inspect::ConnectionFacts& facts, const inspect::policy::Decider& policy) {
  return policy.sql_access(facts, config::kube::AppProtocol::kPostgresql).verdict.allowed();
}

bool may_call(const inspect::ConnectionFacts& facts, Spoken spoken, const inspect::policy::Decider& policy) {
  switch (spoken) {
    case Spoken::kHttp:
      return policy.may_allow_requests(facts);
    case Spoken::kPostgres:
      return may_speak_sql(facts, policy);
    case Spoken::kTcp:
      return policy.decide_tcp(facts).allowed();
    case Spoken::kAny:
      return policy.may_allow_requests(facts) || may_speak_sql(facts, policy) || policy.decide_tcp(facts).allowed();
  }
  return false;
}

}  // namespace

std::string pool_key_of(const UpstreamPlan& plan) {
  std::string key = plan.pool_prefix + plan.destination_text + "|" + (plan.source ? plan.source->to_string() : "") +
                    (plan.source_is_foreign ? "|foreign|" : "|");
  switch (plan.tls) {
    case config::UpstreamTls::kMutual:
      key += "mtls";
      break;
    case config::UpstreamTls::kDisable:
      key += "plain";
      break;
    case config::UpstreamTls::kDatabase:
      key += "database";
      break;
    case config::UpstreamTls::kHop:
      key += "hop " + plan.hop->gateway.to_string() + " " + plan.hop->caller.to_string() + " " + plan.hop->identity;
      break;
  }
  switch (plan.protocol) {
    case config::UpstreamProtocol::kAuto:
      break;
    case config::UpstreamProtocol::kHttp1:
      key += "|http1";
      break;
    case config::UpstreamProtocol::kHttp2:
      key += "|http2";
      break;
    case config::UpstreamProtocol::kPostgres:
      key += "|postgres";
      break;
    case config::UpstreamProtocol::kTcp:
      key += "|tcp";
      break;
  }
  for (const auto& id : plan.server_ids) {
    key += "|" + id.to_string();
  }
  return key;
}

const EndpointPlan* ServicePlan::find(const config::Endpoint& endpoint) const noexcept {
  const auto found = std::find(at.begin(), at.end(), endpoint);
  return found == at.end() ? nullptr : &endpoints[static_cast<std::size_t>(found - at.begin())];
}

config::Result<ServicePlan> plan_service(const config::services::ServiceTarget* target, const UpstreamPlan& like,
                                         Spoken spoken, const inspect::policy::Decider& policy,
                                         const std::optional<config::DatabaseTls>& database, const PodCalls* calls) {
  ServicePlan made;
  made.service = like.destination_text;
  if (target == nullptr) {
    return made;
  }
  made.counts = target->counts;
  std::vector<EndpointPlan> denied;
  for (const auto& endpoint : target->endpoints) {
    if (like.source && like.source->is_v4() != endpoint.at.address.is_v4()) {
      continue;  // it cannot be dialled from there
    }
    EndpointPlan one;
    one.facts.side = inspect::Side::kEgress;
    one.facts.peer_address = endpoint.at.address;
    one.facts.port = endpoint.at.port;
    one.plan = like;
    one.plan.destination = endpoint.at;
    one.plan.destination_text = endpoint.at.to_string();
    one.plan.protocol = spoken_by(*target, like);
    one.plan.pool_key = pool_key_of(one.plan);
    if (calls != nullptr && !calls->complete(one.plan)) {
      made.cannot_be_called = one.plan.cannot_be_called;
      continue;
    }
    if (database) {
      auto context = tls::DatabaseClientContext::make(*database, endpoint.at.address);
      if (context.has_error()) {
        return context.error();
      }
      one.plan.database_tls = *std::move(context);
    }
    (may_call(one.facts, spoken, policy) ? made.endpoints : denied).push_back(std::move(one));
  }
  if (made.endpoints.empty()) {
    made.endpoints = std::move(denied);
    made.all_denied = true;
  }
  if (!made.endpoints.empty()) {
    made.cannot_be_called = {};
  }
  for (const auto& one : made.endpoints) {
    made.at.push_back(one.plan.destination);
  }
  return made;
}

}  // namespace gabion::proxy
