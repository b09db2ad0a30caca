// What calls of a gateway's pods to services are served under: see kept_plans.h.
#include "proxy/capture/kept_plans.h"

#include <functional>
#include <utility>

namespace gabion::proxy {
namespace {

std::uint64_t endpoints_of(const ListenerPlan& plan) noexcept {
  std::uint64_t count = 1;
  for (const auto& service : plan.services) {
    count += service == nullptr ? 0 : service->endpoints.size();
  }
  return count;
}

}  // namespace

std::size_t KeptPlans::KeyHash::operator()(const Key& key) const noexcept {
  return (std::hash<const Snapshot*>{}(key.view) * 31 + std::hash<config::IpAddress>{}(key.original.address)) * 31 +
         key.original.port;
}

/// False: `view` is older than what is kept. (A pod that is gone keeps its last one while its connections end.)
bool KeptPlans::follow(const Snapshot& view) noexcept {
  if (view.generation > generation_) {
    forget();
    generation_ = view.generation;
  }
  return view.generation == generation_;
}

std::shared_ptr<const ListenerPlan> KeptPlans::find(const Snapshot& view, const config::Endpoint& original) {
  if (!follow(view)) {
    return nullptr;
  }
  const auto found = by_key_.find({&view, original});
  if (found == by_key_.end()) {
    return nullptr;
  }
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->plan;
}

void KeptPlans::keep(const Snapshot& view, const config::Endpoint& original, std::shared_ptr<const ListenerPlan> plan) {
  const std::uint64_t endpoints = endpoints_of(*plan);
  const std::uint64_t most = view.config.limits.planned_endpoints;
  if (!follow(view) || by_key_.contains({&view, original})) {
    return;
  }
  if (endpoints > most) {
    metrics_.reached(Limit::kPlannedEndpoints);
    return;
  }
  make_room(endpoints, most);
  kept_.push_front({{&view, original}, std::move(plan), endpoints});
  by_key_.emplace(kept_.front().key, kept_.begin());
  endpoints_ += endpoints;
}

void KeptPlans::make_room(std::uint64_t endpoints, std::uint64_t most) noexcept {
  while (!kept_.empty() && endpoints_ + endpoints > most) {
    metrics_.reached(Limit::kPlannedEndpoints);
    endpoints_ -= kept_.back().endpoints;
    by_key_.erase(kept_.back().key);
    kept_.pop_back();
  }
}

void KeptPlans::forget() noexcept {
  by_key_.clear();
  kept_.clear();
  endpoints_ = 0;
}

}  // namespace gabion::proxy
