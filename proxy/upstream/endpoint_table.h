// How endpoints of services do, as one worker sees it: who is called next, who is left alone for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "config/ip_address.h"
#include "config/proxy_config.h"
#include "proxy/net/event_loop.h"
#include "proxy/upstream/retry_budget.h"

namespace gabion::proxy {

struct EndpointHash {
  [[nodiscard]] std::size_t operator()(const config::Endpoint& endpoint) const noexcept {
    return std::hash<config::IpAddress>{}(endpoint.address) * 31 + endpoint.port;
  }
};

/// What came of a call, as far as it says something of the endpoint.
enum class EndpointOutcome : std::uint8_t {
  kServed,   ///< it answered
  kFailed,   ///< no connection, a broken one, a timeout, 502, 503, 504
  kUnknown,  ///< it ended for another reason
};

/// Totals since the start.
struct EndpointCounters {
  std::uint64_t ejections = 0;
  std::uint64_t withheld = 0;  ///< ejections that would have left too few
  std::uint64_t returned = 0;  ///< ejected ones that served their probe
  std::uint64_t retries = 0;
  std::uint64_t retries_denied = 0;  ///< by the budget

  EndpointCounters& operator+=(const EndpointCounters& more) noexcept;
};

class EndpointTable;

/// A call under way at an endpoint; its end is the end of the call. Moves, does not copy. The table outlives it.
class EndpointUse {
 public:
  EndpointUse() noexcept = default;
  EndpointUse(EndpointUse&& other) noexcept { swap(other); }
  EndpointUse& operator=(EndpointUse&& other) noexcept {
    EndpointUse taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~EndpointUse();

  /// In the list it was picked from.
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
  friend class EndpointTable;
  struct State;
  void swap(EndpointUse& other) noexcept {
    std::swap(state_, other.state_);
    std::swap(index_, other.index_);
    std::swap(probes_, other.probes_);
  }

  State* state_ = nullptr;
  std::size_t index_ = 0;
  bool probes_ = false;
};

/// What is known of an endpoint: plain members.
struct EndpointUse::State {
  using TimePoint = EventLoop::Clock::time_point;

  std::uint32_t in_flight = 0;
  std::uint32_t failures = 0;  ///< one after another
  std::uint32_t ejections = 0;
  std::optional<TimePoint> ejected_until;  ///< nothing: it is called like others
  TimePoint returned{};                    ///< from its last ejection
  bool probed = false;                     ///< ejected, its time is up, and one call finds out
};

/// Belongs to one worker. Holds what is known of endpoints that were called, by address and port: what two services
/// say of one endpoint is one truth. As large as the snapshot's endpoints and those in use.
class EndpointTable {
 public:
  using TimePoint = EventLoop::Clock::time_point;
  using Endpoints = std::span<const config::Endpoint>;
  /// Whether the endpoint with this index may be picked.
  using Filter = std::function<bool(std::size_t)>;

  explicit EndpointTable(std::uint64_t seed) noexcept : random_(seed) {}
  EndpointTable(const EndpointTable&) = delete;
  EndpointTable& operator=(const EndpointTable&) = delete;

  /// Of two that are not ejected, by chance, the one with fewer calls under way. One whose time is up counts as not
  /// ejected for a single call. Where all are ejected they are called all the same: somebody must answer. No filter:
  /// any. Nothing: none passes the filter.
  [[nodiscard]] EndpointUse pick(Endpoints endpoints, TimePoint now, const Filter& filter = {});
  /// A call at an endpoint that was chosen otherwise.
  [[nodiscard]] EndpointUse use(Endpoints endpoints, std::size_t index);

  /// What came of `use`, one of `endpoints`; may be said several times of one call.
  void report(EndpointUse& use, EndpointOutcome outcome, Endpoints endpoints, const config::EndpointsConfig& config,
              TimePoint now);

  /// Counts a request to `service`, of which retries are a part.
  void note_request(const std::string& service, const config::EndpointsConfig& config, TimePoint now);
  /// Whether one more retry is within the budget; then it is counted.
  [[nodiscard]] bool take_retry(const std::string& service, TimePoint now);
  /// A retry that needs no budget.
  void note_retry() noexcept { counters_.retries += 1; }

  /// Forgets whatever is not in use and not among these.
  void keep_only(const std::unordered_set<config::Endpoint, EndpointHash>& endpoints,
                 const std::unordered_set<std::string>& services);

  [[nodiscard]] const EndpointCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] std::size_t ejected_count() const noexcept;
  [[nodiscard]] std::vector<config::Endpoint> ejected() const;
  [[nodiscard]] std::size_t size() const noexcept { return states_.size(); }
  /// For tests and status: calls under way.
  [[nodiscard]] std::uint32_t in_flight(const config::Endpoint& endpoint) const noexcept;

 private:
  using State = EndpointUse::State;
  [[nodiscard]] static bool may_be_called(const State& state, TimePoint now) noexcept;
  [[nodiscard]] const State* known(const config::Endpoint& endpoint) const noexcept;
  [[nodiscard]] std::uint32_t load_of(const config::Endpoint& endpoint) const noexcept;
  [[nodiscard]] std::vector<std::size_t> candidates(Endpoints endpoints, TimePoint now, const Filter& filter) const;
  void fail(State& state, bool probed, Endpoints endpoints, const config::EndpointsConfig& config, TimePoint now);
  [[nodiscard]] bool may_eject(Endpoints endpoints, const config::EndpointsConfig& config) const noexcept;
  void eject(State& state, const config::EndpointsConfig& config, TimePoint now) noexcept;
  [[nodiscard]] std::size_t below(std::size_t bound);

  std::mt19937_64 random_;
  std::unordered_map<config::Endpoint, State, EndpointHash> states_;  // nodes: addresses stay
  std::unordered_map<std::string, RetryBudget> budgets_;
  EndpointCounters counters_;
};

}  // namespace gabion::proxy
