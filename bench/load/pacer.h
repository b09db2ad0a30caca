// Wakes the worker when the next arrival is due, to the microsecond: the loop's own timers tick every 16 ms.
#pragma once

#include "bench/load/schedule.h"
#include "config/result.h"
#include "proxy/net/event_loop.h"

namespace gabion::bench {

/// A timerfd in the worker's loop. Belongs to it.
class Pacer {
 public:
  /// Borrows both; `sleeper` is woken once for each call of wake_at that is not replaced by another.
  [[nodiscard]] static config::Result<std::unique_ptr<Pacer>> create(proxy::EventLoop& loop, proxy::Wakeable& sleeper);
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  /// Never early. Setting the same time again costs nothing.
  void wake_at(TimePoint time) noexcept;

 private:
  class Bell final : public proxy::Watcher {
   public:
    Bell(proxy::EventLoop& loop, proxy::Wakeable& sleeper) noexcept : loop_(loop), sleeper_(sleeper) {}
    void on_ready(std::uint32_t events) noexcept override;

   private:
    proxy::EventLoop& loop_;
    proxy::Wakeable& sleeper_;
  };

  Pacer(proxy::EventLoop& loop, proxy::Wakeable& sleeper, int fd) noexcept
      : loop_(loop), bell_(loop, sleeper), fd_(fd) {}

  proxy::EventLoop& loop_;
  Bell bell_;
  int fd_;
  TimePoint set_for_ = TimePoint::min();
};

}  // namespace gabion::bench
