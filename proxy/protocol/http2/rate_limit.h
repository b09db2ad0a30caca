// A burst and a rate: how often a peer may do what costs us something and it nothing.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace gabion::proxy::http2 {

class RateLimit {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  RateLimit(std::uint32_t burst, std::uint32_t per_second) noexcept
      : burst_(burst), per_second_(per_second), credit_(burst) {}

  /// Once more, at `now`. False: too often.
  [[nodiscard]] bool spend(TimePoint now) noexcept {
    if (now > since_) {
      if (since_ != TimePoint{}) {
        earn(std::chrono::duration<double>(now - since_).count() * per_second_);
      }
      since_ = now;
    }
    credit_ -= 1;
    return credit_ >= 0;
  }
  void earn(double credit) noexcept { credit_ = std::min(credit_ + credit, burst_); }

 private:
  double burst_;
  double per_second_;
  double credit_;
  TimePoint since_{};
};

}  // namespace gabion::proxy::http2
