// One worker's event loop: edge-triggered epoll, a timer wheel, coalesced wake-ups, tasks posted by other threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "config/result.h"
#include "proxy/net/alarm.h"
#include "proxy/net/short_timers.h"
#include "proxy/net/timer_wheel.h"

namespace gabion::proxy {

/// Something that runs when there may be progress. Woken many times in one turn, it runs once at the turn's end.
/// Must be destroyed on its loop's thread; then it is never called again.
class Wakeable {
 public:
  Wakeable() noexcept = default;
  Wakeable(const Wakeable&) = delete;
  Wakeable& operator=(const Wakeable&) = delete;

  /// May destroy *this.
  virtual void on_wake() noexcept = 0;

 protected:
  ~Wakeable();

 private:
  friend class EventLoop;
  std::vector<Wakeable*>* queued_in_ = nullptr;
};

/// A file descriptor's owner. Called with epoll's event bits.
class Watcher {
 public:
  virtual void on_ready(std::uint32_t events) noexcept = 0;

 protected:
  ~Watcher() = default;
};

/// Belongs to one thread, which calls run(); only post() may be called by others.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Trigger : std::uint8_t { kEdge, kLevel };

  [[nodiscard]] static config::Result<std::unique_ptr<EventLoop>> create();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs until stop(). Each turn: wait, dispatch readiness, expire timers, run posted tasks, run what was woken,
  /// and one of those woken for later.
  void run();
  void stop() noexcept { stopped_ = true; }
  /// One such turn, which waits for `longest_wait` at most (24 days at most, or milliseconds::max(): for ever).
  void turn(std::chrono::milliseconds longest_wait);

  /// Thread-safe. Runs `task` on the loop's thread in one of its next turns; dropped if the loop never runs again.
  void post(std::function<void()> task);

  /// Watches for in, out and peer hang-up. False when the kernel refuses (out of memory, no such descriptor).
  /// `watcher` is borrowed until unwatch.
  [[nodiscard]] bool watch(int fd, Watcher& watcher, Trigger trigger) noexcept;
  /// No event of `watcher` is delivered afterwards, not even one that is already in this turn's batch.
  void unwatch(int fd, const Watcher& watcher) noexcept;

  void wake(Wakeable& sleeper);
  /// For who had its share of this turn and has more to do: one of these runs a turn, each once before any again, so
  /// that however many there are, all others wait for one; who asks for it in this turn has it in a later one. Nothing
  /// where it is woken already; one that waits for later is not woken before.
  void wake_later(Wakeable& sleeper);

  /// The time at the start of this turn: reading it costs nothing.
  [[nodiscard]] Clock::time_point now() const noexcept { return now_; }
  /// For what is finer than a turn.
  [[nodiscard]] Clock::time_point read_clock() noexcept {
    latest_ = Clock::now();
    return latest_;
  }
  /// What read_clock() said last, or now(), whichever came later.
  [[nodiscard]] Clock::time_point latest() const noexcept { return latest_; }
  /// The time of day at `at`, as the system's clock had it a tenth of a second ago at most.
  [[nodiscard]] std::chrono::system_clock::time_point wall(Clock::time_point at) const noexcept {
    return wall_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(at - wall_read_);
  }
  [[nodiscard]] TimerWheel& timers() noexcept { return timers_; }
  /// For deadlines of less than the wheel's tick.
  [[nodiscard]] ShortTimers& short_timers() noexcept { return short_timers_; }
  [[nodiscard]] std::uint64_t turns() const noexcept { return turns_; }

 private:
  EventLoop(int epoll_fd, int event_fd);
  [[nodiscard]] bool watch_alarm() noexcept;
  void dispatch(int count) noexcept;
  void run_posted();
  void run_woken() noexcept;
  void run_one_later(std::size_t end) noexcept;
  [[nodiscard]] int wait(std::chrono::milliseconds longest) noexcept;
  [[nodiscard]] int wait_for_soon(Clock::time_point soon, std::chrono::milliseconds longest) noexcept;
  [[nodiscard]] std::chrono::milliseconds until_alarm(std::chrono::milliseconds longest) noexcept;
  void read_clocks() noexcept;

  static constexpr int kBatch = 128;  // events per epoll_wait: a turn stays short enough to keep timers honest
  struct Batch;
  int epoll_fd_;
  int event_fd_;
  std::unique_ptr<Batch> batch_;
  int batch_size_ = 0;
  Clock::time_point now_;
  Clock::time_point latest_;
  Clock::time_point wall_read_;
  std::chrono::system_clock::time_point wall_;  // at wall_read_
  TimerWheel timers_;
  Alarm alarm_;  // of timers_
  ShortTimers short_timers_;
  bool waits_finely_ = true;  // the kernel has epoll_pwait2 (Linux 5.11) and lets us call it
  std::vector<Wakeable*> woken_;
  std::vector<Wakeable*> running_;
  std::vector<Wakeable*> later_;
  std::size_t first_later_ = 0;  // those before it had their turn
  std::uint64_t turns_ = 0;
  bool stopped_ = false;

  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by posted_mutex_
};

}  // namespace gabion::proxy
