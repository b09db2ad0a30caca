// When an event loop is to wake by itself: a timer of the kernel's that stays set while the loop sleeps and wakes.
#pragma once

#include <chrono>

namespace gabion::proxy {

/// A wait with a time-out starts and stops a timer of the kernel's each time; this one is set again only for what is
/// due sooner, or after it rang. Belongs to one thread; owns its descriptor (timerfd_create(2), CLOCK_MONOTONIC).
class Alarm {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Check is_open(): without a descriptor errno says why.
  Alarm() noexcept;
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  /// Readable when it rang, with a new edge each time it was set since the last one; need not be read.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// It rings at `deadline` or before, as late as the kernel is. `now`: no later than the present. False: the kernel
  /// refused, and it may not ring at all.
  [[nodiscard]] bool ring_by(TimePoint deadline, TimePoint now) noexcept {
    return (now < set_for_ && set_for_ <= deadline) || set(deadline);
  }

 private:
  [[nodiscard]] bool set(TimePoint deadline) noexcept;

  int fd_;
  TimePoint set_for_{};  // rung, or never set, where that is past
};

}  // namespace gabion::proxy
