// A timer that an event loop watches: see alarm.h.
#include "proxy/net/alarm.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

namespace gabion::proxy {

Alarm::Alarm() noexcept : fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {}

Alarm::~Alarm() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

bool Alarm::set(TimePoint deadline) noexcept {
  // Zero would turn it off; a time that is past rings at once.
  const auto since_boot = std::max(deadline.time_since_epoch(), std::chrono::nanoseconds(1));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
  itimerspec at{};
  at.it_value = {seconds.count(), (since_boot - seconds).count()};
  if (::timerfd_settime(fd_, TFD_TIMER_ABSTIME, &at, nullptr) != 0) {
    set_for_ = {};
    return false;
  }
  set_for_ = deadline;
  return true;
}

}  // namespace gabion::proxy
