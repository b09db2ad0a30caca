// Deadlines of less than a tick of the wheel: a list in the order of time, for the few that wait some microseconds.
#pragma once

#include <chrono>
#include <optional>

namespace gabion::proxy {

class ShortTimers;

/// One deadline of one owner. Belongs to one thread; leaves its list when destroyed.
class ShortTimer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  ShortTimer() noexcept = default;
  ShortTimer(const ShortTimer&) = delete;
  ShortTimer& operator=(const ShortTimer&) = delete;

  /// Fires once, never early, as late as the loop's turn and the kernel's timer slack (50 us) make it. Set again, it
  /// forgets the deadline before. `timers` is borrowed until it has fired or was cancelled.
  void set(ShortTimers& timers, TimePoint deadline) noexcept;
  void cancel() noexcept;
  [[nodiscard]] bool armed() const noexcept { return timers_ != nullptr; }

 protected:
  ~ShortTimer() { cancel(); }
  /// May set it again, and set, cancel or destroy any other.
  virtual void on_expired() noexcept = 0;

 private:
  friend class ShortTimers;
  TimePoint deadline_{};
  ShortTimers* timers_ = nullptr;  // null: not armed
  ShortTimer* before_ = nullptr;
  ShortTimer* after_ = nullptr;
};

/// All of one loop. Setting costs what there are with a later deadline: nothing where all wait equally long.
class ShortTimers {
 public:
  using TimePoint = ShortTimer::TimePoint;

  ShortTimers() noexcept = default;
  /// Timers may live longer: they never fire.
  ~ShortTimers();
  ShortTimers(const ShortTimers&) = delete;
  ShortTimers& operator=(const ShortTimers&) = delete;

  /// Fires what is due at `now`.
  void advance(TimePoint now) noexcept;
  /// The first deadline; nothing while none is armed.
  [[nodiscard]] std::optional<TimePoint> next_expiry() const noexcept;

 private:
  friend class ShortTimer;
  ShortTimer* first_ = nullptr;
  ShortTimer* last_ = nullptr;
};

}  // namespace gabion::proxy
