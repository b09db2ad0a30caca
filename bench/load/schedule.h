// When requests are due at a constant rate: computed from their number, so that no delay ever moves a later one.
#pragma once

#include <chrono>
#include <cstdint>

namespace gabion::bench {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

/// One worker's share of the arrivals: every `workers`-th of the whole run, beginning with its own. Reads no clock.
class Schedule {
 public:
  /// REQUIRES: rate_per_second > 0, worker < workers.
  Schedule(TimePoint start, double rate_per_second, std::uint32_t worker, std::uint32_t workers) noexcept;

  /// When the next arrival is due.
  [[nodiscard]] TimePoint next() const noexcept { return due(taken_); }
  /// The same, and it is taken.
  TimePoint take() noexcept { return due(taken_++); }
  /// The time between two arrivals of this worker.
  [[nodiscard]] std::chrono::nanoseconds interval() const noexcept;

 private:
  [[nodiscard]] TimePoint due(std::uint64_t arrival) const noexcept;

  TimePoint start_;
  double nanoseconds_apart_;  ///< of the whole run's arrivals
  std::uint32_t worker_;
  std::uint32_t workers_;
  std::uint64_t taken_ = 0;
};

}  // namespace gabion::bench
