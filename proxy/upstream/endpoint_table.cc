// Two by chance, the less busy one; who fails again and again rests longer each time. See endpoint_table.h.
#include "proxy/upstream/endpoint_table.h"

#include <algorithm>
#include <utility>

namespace gabion::proxy {
namespace {

constexpr int kThrows = 8;  // before all are looked at
constexpr std::size_t kPerCent = 100;

}  // namespace

EndpointCounters& EndpointCounters::operator+=(const EndpointCounters& more) noexcept {
  ejections += more.ejections;
  withheld += more.withheld;
  returned += more.returned;
  retries += more.retries;
  retries_denied += more.retries_denied;
  return *this;
}

EndpointUse::~EndpointUse() {
  if (state_ == nullptr) {
    return;
  }
  state_->in_flight -= 1;
  if (probes_) {
    state_->probed = false;  // nobody learnt anything: the next call finds out
  }
}

std::size_t EndpointTable::below(std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
}

const EndpointTable::State* EndpointTable::known(const config::Endpoint& endpoint) const noexcept {
  const auto found = states_.find(endpoint);
  return found == states_.end() ? nullptr : &found->second;
}

std::uint32_t EndpointTable::load_of(const config::Endpoint& endpoint) const noexcept {
  const State* state = known(endpoint);
  return state == nullptr ? 0 : state->in_flight;
}

std::uint32_t EndpointTable::in_flight(const config::Endpoint& endpoint) const noexcept {
  return load_of(endpoint);
}

bool EndpointTable::may_be_called(const State& state, TimePoint now) noexcept {
  return !state.ejected_until || (!state.probed && *state.ejected_until <= now);
}

/// All that may be called; where none may, all that pass the filter.
std::vector<std::size_t> EndpointTable::candidates(Endpoints endpoints, TimePoint now, const Filter& filter) const {
  std::vector<std::size_t> called;
  std::vector<std::size_t> passing;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (filter && !filter(i)) {
      continue;
    }
    passing.push_back(i);
    const State* state = known(endpoints[i]);
    if (state == nullptr || may_be_called(*state, now)) {
      called.push_back(i);
    }
  }
  return called.empty() ? passing : called;
}

EndpointUse EndpointTable::pick(Endpoints endpoints, TimePoint now, const Filter& filter) {
  std::optional<std::size_t> first;
  std::optional<std::size_t> second;
  // Mostly all may be called: then two throws do, however many there are.
  for (int i = 0; i < kThrows && !filter && endpoints.size() > 2 && !second; ++i) {
    const std::size_t thrown = below(endpoints.size());
    const State* state = known(endpoints[thrown]);
    if (thrown == first || (state != nullptr && !may_be_called(*state, now))) {
      continue;
    }
    (first ? second : first) = thrown;
  }
  if (!second) {
    const auto left = candidates(endpoints, now, filter);
    if (left.empty()) {
      return {};
    }
    const std::size_t one = below(left.size());
    first = left[one];
    second = left.size() == 1 ? first : left[(one + 1 + below(left.size() - 1)) % left.size()];
  }
  const bool take_second = load_of(endpoints[*second]) < load_of(endpoints[*first]);
  EndpointUse picked = use(endpoints, take_second ? *second : *first);
  State& state = *picked.state_;
  if (state.ejected_until && *state.ejected_until <= now && !state.probed) {
    state.probed = picked.probes_ = true;
  }
  return picked;
}

EndpointUse EndpointTable::use(Endpoints endpoints, std::size_t index) {
  EndpointUse made;
  made.state_ = &states_[endpoints[index]];
  made.state_->in_flight += 1;
  made.index_ = index;
  return made;
}

void EndpointTable::report(EndpointUse& use, EndpointOutcome outcome, Endpoints endpoints,
                           const config::EndpointsConfig& config, TimePoint now) {
  if (!use) {
    return;
  }
  State& state = *use.state_;
  const bool probed = use.probes_;
  switch (outcome) {
    case EndpointOutcome::kUnknown:
      return;
    case EndpointOutcome::kServed:
      if (probed) {
        use.probes_ = state.probed = false;
        state.ejected_until.reset();
        state.returned = now;
        counters_.returned += 1;
      }
      state.failures = state.ejected_until ? state.failures : 0;
      return;
    case EndpointOutcome::kFailed:
      use.probes_ = false;
      fail(state, probed, endpoints, config, now);
      return;
  }
}

void EndpointTable::fail(State& state, bool probed, Endpoints endpoints, const config::EndpointsConfig& config,
                         TimePoint now) {
  if (probed) {
    state.probed = false;
    eject(state, config, now);
    return;
  }
  if (state.ejected_until) {
    return;  // begun before it was ejected, or while all are
  }
  state.failures += 1;
  if (config.consecutive_failures == 0 || state.failures < config.consecutive_failures) {
    return;
  }
  if (!may_eject(endpoints, config)) {
    counters_.withheld += 1;
    return;
  }
  eject(state, config, now);
}

bool EndpointTable::may_eject(Endpoints endpoints, const config::EndpointsConfig& config) const noexcept {
  const auto ejected = static_cast<std::size_t>(std::count_if(endpoints.begin(), endpoints.end(), [this](auto& one) {
    const State* state = known(one);
    return state != nullptr && state->ejected_until.has_value();
  }));
  const std::size_t most = endpoints.size() * config.max_ejected_percent / kPerCent;
  return ejected < most && ejected + 1 < endpoints.size();
}

void EndpointTable::eject(State& state, const config::EndpointsConfig& config, TimePoint now) noexcept {
  if (!state.ejected_until && now - state.returned >= config.max_ejection_time) {
    state.ejections = 0;  // it served long enough since
  }
  state.ejections += 1;
  state.ejected_until = now + std::min(config.ejection_time * state.ejections, config.max_ejection_time);
  state.failures = 0;
  counters_.ejections += 1;
}

void EndpointTable::note_request(const std::string& service, const config::EndpointsConfig& config, TimePoint now) {
  budgets_.try_emplace(service, now).first->second.note_request(config.retry_budget_percent, now);
}

bool EndpointTable::take_retry(const std::string& service, TimePoint now) {
  const bool granted = budgets_.try_emplace(service, now).first->second.take(now);
  (granted ? counters_.retries : counters_.retries_denied) += 1;
  return granted;
}

void EndpointTable::keep_only(const std::unordered_set<config::Endpoint, EndpointHash>& endpoints,
                              const std::unordered_set<std::string>& services) {
  std::erase_if(states_, [&](const auto& one) { return one.second.in_flight == 0 && !endpoints.contains(one.first); });
  std::erase_if(budgets_, [&](const auto& one) { return !services.contains(one.first); });
}

std::size_t EndpointTable::ejected_count() const noexcept {
  return static_cast<std::size_t>(std::count_if(states_.begin(), states_.end(),
                                                [](const auto& one) { return one.second.ejected_until.has_value(); }));
}

std::vector<config::Endpoint> EndpointTable::ejected() const {
  std::vector<config::Endpoint> found;
  for (const auto& [endpoint, state] : states_) {
    if (state.ejected_until) {
      found.push_back(endpoint);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace gabion::proxy
