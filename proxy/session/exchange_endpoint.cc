// An exchange's way to a service with several endpoints: which one, how it did, and when another one is asked instead.
#include <algorithm>
#include <utility>

#include "proxy/session/exchange.h"

namespace gabion::proxy {
namespace {

constexpr std::uint8_t kGrpcUnavailable = 14;

/// What a failure says of the endpoint.
EndpointOutcome outcome_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::kUpstreamConnectFailed:
    case Reason::kUpstreamConnectTimeout:
    case Reason::kUpstreamTlsFailed:
    case Reason::kUpstreamIdentity:
    case Reason::kUpstreamProtocol:
    case Reason::kUpstreamReset:
    case Reason::kUpstreamMalformed:
    case Reason::kUpstreamHeaderTooLarge:
    case Reason::kUpstreamTruncated:
    case Reason::kResponseHeaderTimeout:
    case Reason::kResponseBodyTimeout:
      return EndpointOutcome::kFailed;
    default:
      return EndpointOutcome::kUnknown;
  }
}

bool says_unavailable(std::uint16_t status) noexcept {
  return status == 502 || status == 503 || status == 504;
}

}  // namespace

/// Once a request, before it is judged: the verdict is about that endpoint.
Reason Exchange::choose_endpoint(const ServicePlan& service) {
  service_ = &service;
  const auto& config = down_.snapshot->config.endpoints;
  worker_.endpoints.note_request(service.service, config, worker_.loop.now());
  auto first = worker_.endpoints.pick(service.at, worker_.loop.now());
  if (!first) {
    return Reason::kNoEndpoint;
  }
  go_to_endpoint(std::move(first));
  return Reason::kNone;
}

void Exchange::go_to_endpoint(EndpointUse use) {
  endpoint_ = std::move(use);
  const EndpointPlan& one = service_->endpoints[endpoint_.index()];
  endpoint_answered_ = false;
  tried_endpoints_.push_back(endpoint_.index());
  upstream_plan_ = &one.plan;
  facts_ = one.facts;
}

void Exchange::report_endpoint(EndpointOutcome outcome) {
  if (service_ != nullptr && endpoint_) {
    worker_.endpoints.report(endpoint_, outcome, service_->at, down_.snapshot->config.endpoints, worker_.loop.now());
  }
}

/// A head came, or all of an answer: of a call the status says how it went, and that may come last.
void Exchange::report_answer(std::uint16_t status) {
  const bool is_open = is_grpc_ && answers_grpc_ && !grpc_status_ && response_phase_ != ResponsePhase::kDone;
  if (is_open || endpoint_answered_) {
    return;
  }
  endpoint_answered_ = true;
  const bool failed = says_unavailable(status) || (is_grpc_ && grpc_status_ == kGrpcUnavailable);
  report_endpoint(failed ? EndpointOutcome::kFailed : EndpointOutcome::kServed);
}

void Exchange::report_failure(Reason reason) {
  report_endpoint(outcome_of(reason));
}

void Exchange::leave_endpoint() noexcept {
  endpoint_ = {};
}

/// Another endpoint of which whatever was judged holds: rules cannot tell it from the one that was judged, and would
/// let the request go under the newest ones, too. Nothing: there is none.
EndpointUse Exchange::other_endpoint() {
  const inspect::ConnectionFacts judged = facts_;
  const auto& policy = down_.snapshot->inspection->policy();
  auto other = worker_.endpoints.pick(service_->at, worker_.loop.now(), [&](std::size_t index) {
    return std::find(tried_endpoints_.begin(), tried_endpoints_.end(), index) == tried_endpoints_.end() &&
           policy.judges_alike(judged, service_->endpoints[index].facts);
  });
  const auto& newest = worker_.newest_of(down_.snapshot);
  if (!other || newest == down_.snapshot) {
    return other;
  }
  facts_ = service_->endpoints[other.index()].facts;
  const bool allowed = still_allowed(*newest);
  facts_ = judged;
  return allowed ? std::move(other) : EndpointUse();
}

/// Nothing of the request has reached anybody: it may be said to another endpoint, whatever it is.
bool Exchange::connect_elsewhere(Reason reason) {
  const bool failed = outcome_of(reason) == EndpointOutcome::kFailed;
  if (service_ == nullptr || phase_ != UpstreamPhase::kConnecting || !failed || ended_by_us()) {
    return false;
  }
  auto other = other_endpoint();
  if (!other || !may_retry()) {
    return false;
  }
  report_failure(reason);
  release_upstream();
  retries_ += 1;
  go_to_endpoint(std::move(other));
  return true;
}

/// The same for what the service did not take, or a kept connection that was closed: the first time it is nobody's
/// failure and costs no budget. Where there is no other endpoint, the same one on a new connection. False: enough.
bool Exchange::say_elsewhere() {
  if (service_ == nullptr) {
    return true;
  }
  if (!fresh_only_) {
    worker_.endpoints.note_retry();
  } else if (!may_retry()) {
    return false;
  }
  retries_ += 1;
  if (auto other = other_endpoint()) {
    go_to_endpoint(std::move(other));
  }
  return true;
}

/// Counted against the budget of the service.
bool Exchange::may_retry() {
  return retries_ < down_.snapshot->config.endpoints.retries &&
         worker_.endpoints.take_retry(service_->service, worker_.loop.now());
}

}  // namespace gabion::proxy
