// A TCP session picks its server among the endpoints of a service: see tcp_session.h.
#include <algorithm>
#include <utility>

#include "proxy/session/tcp_session.h"

namespace gabion::proxy {

/// Before the verdict, which is about that endpoint. False: there is none.
bool TcpSession::pick_endpoint() {
  if (target_.service == nullptr) {
    return true;
  }
  const auto now = worker_.loop.now();
  worker_.endpoints.note_request(target_.service->service, down_.snapshot->config.endpoints, now);
  auto first = worker_.endpoints.pick(target_.service->at, now);
  if (!first) {
    return false;
  }
  picked_under_ = down_.snapshot;
  go_to_endpoint(std::move(first));
  return true;
}

void TcpSession::go_to_endpoint(EndpointUse use) {
  endpoint_ = std::move(use);
  const EndpointPlan& one = target_.service->endpoints[endpoint_.index()];
  tried_endpoints_.push_back(endpoint_.index());
  target_.upstream = one.plan;
  target_.facts = one.facts;
}

void TcpSession::report_endpoint(EndpointOutcome outcome) {
  if (endpoint_) {
    worker_.endpoints.report(endpoint_, outcome, target_.service->at, down_.snapshot->config.endpoints,
                             worker_.loop.now());
  }
}

/// Nobody has heard anything of the client: another endpoint of which the same was judged may be dialled. False: none.
bool TcpSession::connect_elsewhere() {
  report_endpoint(EndpointOutcome::kFailed);
  if (!endpoint_ || picked_under_ != down_.snapshot || retries_ >= down_.snapshot->config.endpoints.retries) {
    return false;
  }
  const auto now = worker_.loop.now();
  const auto& policy = picked_under_->inspection->policy();
  auto other = worker_.endpoints.pick(target_.service->at, now, [&](std::size_t index) {
    return std::find(tried_endpoints_.begin(), tried_endpoints_.end(), index) == tried_endpoints_.end() &&
           policy.judges_alike(target_.facts, target_.service->endpoints[index].facts);
  });
  if (!other || !worker_.endpoints.take_retry(target_.service->service, now)) {
    return false;
  }
  retries_ += 1;
  go_to_endpoint(std::move(other));
  worker_.pool.discard(std::move(server_));
  phase_ = Phase::kWaiting;
  since_ = now;
  return true;
}

/// What `target` has in the place of the endpoint that was picked. Null: it has none, or leads to no service.
const EndpointPlan* TcpSession::endpoint_of(const TcpTarget& target) const noexcept {
  return target.service == nullptr ? nullptr : target.service->find(target_.upstream.destination);
}

}  // namespace gabion::proxy
