// How a session that is no exchange of HTTP finds its one server: see session_endpoint.h.
#include "proxy/session/session_endpoint.h"

#include <algorithm>
#include <utility>

namespace gabion::proxy {

bool SessionEndpoint::is_affordable(const Snapshot& snapshot) {
  if (worker_.buffers.in_use_bytes() <= snapshot.config.limits.in_flight_bytes) {
    return true;
  }
  worker_.metrics.reached(Limit::kInFlightBytes);
  return false;
}

bool SessionEndpoint::pick(const ServicePlan& service, const std::shared_ptr<const Snapshot>& snapshot) {
  const auto now = worker_.loop.now();
  worker_.endpoints.note_request(service.service, snapshot->config.endpoints, now);
  auto first = worker_.endpoints.pick(service.at, now);
  if (!first) {
    return false;
  }
  picked_under_ = snapshot;
  go_to(service, std::move(first));
  return true;
}

void SessionEndpoint::go_to(const ServicePlan& service, EndpointUse use) {
  use_ = std::move(use);
  tried_.push_back(use_.index());
  plan_ = service.endpoints[use_.index()];
}

void SessionEndpoint::report(EndpointOutcome outcome, const ServicePlan* service, const Snapshot& snapshot) {
  if (service != nullptr && use_) {
    worker_.endpoints.report(use_, outcome, service->at, snapshot.config.endpoints, worker_.loop.now());
  }
}

bool SessionEndpoint::turn_elsewhere(const ServicePlan* service, const std::shared_ptr<const Snapshot>& snapshot) {
  report(EndpointOutcome::kFailed, service, *snapshot);
  if (service == nullptr || !use_ || picked_under_ != snapshot || retries_ >= snapshot->config.endpoints.retries) {
    return false;
  }
  const auto now = worker_.loop.now();
  const auto& policy = snapshot->inspection->policy();
  auto other = worker_.endpoints.pick(service->at, now, [&](std::size_t index) {
    return std::find(tried_.begin(), tried_.end(), index) == tried_.end() &&
           policy.judges_alike(plan_->facts, service->endpoints[index].facts);
  });
  if (!other || !worker_.endpoints.take_retry(service->service, now)) {
    return false;
  }
  retries_ += 1;
  go_to(*service, std::move(other));
  return true;
}

std::unique_ptr<UpstreamConnection> SessionEndpoint::dial(const UpstreamPlan& plan,
                                                          const std::shared_ptr<const Snapshot>& snapshot,
                                                          Caller caller, tls::Offer offer) {
  UpstreamPool::Wanted wanted{plan, snapshot, caller.identity};
  wanted.fresh_only = true;
  wanted.offer = offer;
  wanted.caller_port = caller.port;
  return worker_.pool.acquire(wanted, sleeper_);
}

SessionEndpoint::Dialled SessionEndpoint::step(UpstreamConnection& server) {
  auto& handshakes = worker_.metrics.counters().upstream.tls;
  switch (server.progress()) {
    case UpstreamConnection::State::kConnecting:
    case UpstreamConnection::State::kAsking:
    case UpstreamConnection::State::kHandshaking:
      return Dialled::kGoing;
    case UpstreamConnection::State::kFailed:
      handshakes.failed += server.is_encrypted() ? 1 : 0;
      return Dialled::kFailed;
    case UpstreamConnection::State::kReady:
      break;
  }
  if (const tls::TlsStream* mesh = server.tls(); mesh != nullptr) {
    handshakes.ok += 1;
    handshakes.resumed += mesh->peer().resumed ? 1 : 0;
  }
  handshakes.ok += server.database_tls() != nullptr ? 1 : 0;
  return Dialled::kReady;
}

}  // namespace gabion::proxy
