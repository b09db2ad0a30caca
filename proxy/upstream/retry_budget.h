// How many retries a service's requests pay for, so that failures never turn into a storm of calls.
#pragma once

#include <algorithm>
#include <cstdint>

#include "proxy/net/event_loop.h"

namespace gabion::proxy {

/// Each request pays in a part of a retry, each second pays in one; what was paid in and not used is kept up to
/// kReserve retries, and as many there are at first.
class RetryBudget {
 public:
  using TimePoint = EventLoop::Clock::time_point;
  static constexpr std::int64_t kReserve = 50;

  explicit RetryBudget(TimePoint now) noexcept : paid_until_(now) {}

  void note_request(std::uint32_t percent, TimePoint now) noexcept {
    pay_for_time(now);
    hundredths_ = std::min<std::int64_t>(hundredths_ + percent, kReserve * kHundred);
  }
  /// False: there is none left.
  [[nodiscard]] bool take(TimePoint now) noexcept {
    pay_for_time(now);
    if (hundredths_ < kHundred) {
      return false;
    }
    hundredths_ -= kHundred;
    return true;
  }

 private:
  static constexpr std::int64_t kHundred = 100;

  void pay_for_time(TimePoint now) noexcept {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - paid_until_);
    if (seconds.count() > 0) {
      paid_until_ += seconds;
      const auto paid = std::min<std::int64_t>(seconds.count(), kReserve) * kHundred;
      hundredths_ = std::min<std::int64_t>(hundredths_ + paid, kReserve * kHundred);
    }
  }

  TimePoint paid_until_;
  std::int64_t hundredths_ = kReserve * kHundred;
};

}  // namespace gabion::proxy
