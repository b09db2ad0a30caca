// When requests are due at a constant rate: see schedule.h.
#include "bench/load/schedule.h"

namespace gabion::bench {

Schedule::Schedule(TimePoint start, double rate_per_second, std::uint32_t worker, std::uint32_t workers) noexcept
    : start_(start), nanoseconds_apart_(1e9 / rate_per_second), worker_(worker), workers_(workers) {}

TimePoint Schedule::due(std::uint64_t arrival) const noexcept {
  const std::uint64_t number = arrival * workers_ + worker_;
  return start_ + std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(number) * nanoseconds_apart_));
}

std::chrono::nanoseconds Schedule::interval() const noexcept {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds_apart_ * workers_));
}

}  // namespace gabion::bench
