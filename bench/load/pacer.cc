// Wakes the worker when the next arrival is due: see pacer.h.
#include "bench/load/pacer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gabion::bench {

config::Result<std::unique_ptr<Pacer>> Pacer::create(proxy::EventLoop& loop, proxy::Wakeable& sleeper) {
  const int fd = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) {
    return config::Error{std::string("timerfd: ") + std::strerror(errno), ""};
  }
  std::unique_ptr<Pacer> pacer(new Pacer(loop, sleeper, fd));
  // Edge-triggered: each expiry is an edge, and nothing has to be read.
  if (!loop.watch(fd, pacer->bell_, proxy::EventLoop::Trigger::kEdge)) {
    return config::Error{std::string("epoll: ") + std::strerror(errno), ""};
  }
  return pacer;
}

Pacer::~Pacer() {
  loop_.unwatch(fd_, bell_);
  ::close(fd_);
}

void Pacer::Bell::on_ready(std::uint32_t /*events*/) noexcept {
  loop_.wake(sleeper_);
}

void Pacer::wake_at(TimePoint time) noexcept {
  if (time == set_for_) {
    return;
  }
  set_for_ = time;
  const auto since_boot = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  itimerspec when{};
  when.it_value.tv_sec = since_boot / 1'000'000'000;
  when.it_value.tv_nsec = since_boot % 1'000'000'000;
  ::timerfd_settime(fd_, TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace gabion::bench
