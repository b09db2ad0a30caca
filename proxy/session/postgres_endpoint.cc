// A session picks its server among a service's endpoints once, when it begins. See postgres_session.h.
#include <algorithm>
#include <utility>

#include "proxy/session/postgres_session.h"

namespace gabion::proxy {
namespace {

/// Null: the listener's route leads to a destination, or there is none.
const ServicePlan* service_of(const ListenerPlan& plan) noexcept {
  return plan.services.empty() || !plan.services.front() ? nullptr : &*plan.services.front();
}

}  // namespace

const UpstreamPlan& PostgresSession::upstream() const noexcept {
  return picked_ ? picked_->plan : down_.plan->upstreams.front();
}

const UpstreamPlan* PostgresSession::upstream_of(const ListenerPlan& plan) const noexcept {
  const ServicePlan* service = service_of(plan);
  if (service == nullptr || !picked_) {
    return &plan.upstreams.front();
  }
  const EndpointPlan* found = service->find(picked_->plan.destination);
  return found == nullptr ? nullptr : &found->plan;
}

/// Before the session is judged: the verdict is about that endpoint. False: there is none.
bool PostgresSession::pick_endpoint() {
  const ServicePlan* service = service_of(*down_.plan);
  if (service == nullptr) {
    return true;
  }
  const auto now = worker_.loop.now();
  worker_.endpoints.note_request(service->service, down_.snapshot->config.endpoints, now);
  endpoint_ = worker_.endpoints.pick(service->at, now);
  if (!endpoint_) {
    return false;
  }
  picked_ = service->endpoints[endpoint_.index()];
  tried_endpoints_ = {endpoint_.index()};
  tried_under_ = down_.snapshot;
  return true;
}

/// A cancel goes to the server that the session is on, if that is still one of the service's.
bool PostgresSession::pick_server_of_cancel() {
  const ServicePlan* service = service_of(*down_.plan);
  if (service == nullptr) {
    return cancel_->server == down_.plan->upstreams.front().destination;
  }
  const EndpointPlan* found = service->find(cancel_->server);
  if (found != nullptr) {
    picked_ = *found;
  }
  return found != nullptr;
}

void PostgresSession::report_endpoint(EndpointOutcome outcome) {
  const ServicePlan* service = service_of(*down_.plan);
  if (service != nullptr && endpoint_) {
    worker_.endpoints.report(endpoint_, outcome, service->at, down_.snapshot->config.endpoints, worker_.loop.now());
  }
}

/// Nobody has heard anything of the client: another endpoint of which the same was judged may be dialled. False: none.
bool PostgresSession::connect_elsewhere() {
  const ServicePlan* service = service_of(*down_.plan);
  report_endpoint(EndpointOutcome::kFailed);
  const auto& config = down_.snapshot->config.endpoints;
  if (service == nullptr || !endpoint_ || cancel_ || tried_under_ != down_.snapshot || retries_ >= config.retries) {
    return false;
  }
  const auto now = worker_.loop.now();
  const auto& policy = down_.snapshot->inspection->policy();
  auto other = worker_.endpoints.pick(service->at, now, [&](std::size_t index) {
    return std::find(tried_endpoints_.begin(), tried_endpoints_.end(), index) == tried_endpoints_.end() &&
           policy.judges_alike(picked_->facts, service->endpoints[index].facts);
  });
  if (!other || !worker_.endpoints.take_retry(service->service, now)) {
    return false;
  }
  retries_ += 1;
  tried_endpoints_.push_back(other.index());
  picked_ = service->endpoints[other.index()];
  endpoint_ = std::move(other);
  worker_.pool.discard(std::move(server_));
  phase_ = Phase::kWaiting;
  since_ = now;
  return true;
}

}  // namespace gabion::proxy
