// Deadlines by the thousand: a hashed wheel whose timers cost two stores to move further away.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace gabion::proxy {

class TimerWheel;

/// One deadline of one owner. Setting a later deadline only stores it; the wheel finds out when the old slot comes
/// round. Belongs to one thread; unlinks itself when destroyed.
class Timer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Timer() noexcept = default;
  virtual ~Timer() { unlink(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Fires once, at most one tick late, never early. REQUIRES: set and cancel are called on the wheel's thread.
  void set(TimerWheel& wheel, TimePoint deadline) noexcept;
  void cancel() noexcept { armed_ = false; }
  [[nodiscard]] bool armed() const noexcept { return armed_; }

 protected:
  virtual void on_expired() noexcept = 0;

 private:
  friend class TimerWheel;
  void unlink() noexcept;

  TimePoint deadline_{};
  TimePoint slot_time_{};
  TimerWheel* wheel_ = nullptr;
  std::uint32_t slot_ = 0;
  Timer* next_ = nullptr;
  Timer** link_ = nullptr;  // what points to us; null = not in the wheel
  bool armed_ = false;
};

/// 512 slots of 16 ms: a horizon of 8 s; what lies further goes round again. Memory is in the timers themselves.
class TimerWheel {
 public:
  using TimePoint = Timer::TimePoint;
  static constexpr auto kTick = std::chrono::milliseconds(16);
  static constexpr std::uint32_t kSlots = 512;

  explicit TimerWheel(TimePoint start) noexcept : start_(start) {}
  /// Timers may live longer: they are taken out and never fire.
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Fires everything that is due at `now`. Timers may be set, cancelled and destroyed by what fires.
  void advance(TimePoint now) noexcept;

  /// When advance should be called again; nothing while no timer is in the wheel.
  [[nodiscard]] std::optional<TimePoint> next_expiry() const noexcept;

 private:
  friend class Timer;
  [[nodiscard]] std::uint64_t tick_of(TimePoint time) const noexcept;
  void insert(Timer& timer) noexcept;
  void fire_slot(std::uint32_t slot, TimePoint now) noexcept;

  TimePoint start_;
  std::uint64_t tick_ = 0;  // every slot up to this tick was fired
  std::array<Timer*, kSlots> slots_{};
  std::array<std::uint64_t, kSlots / 64> occupied_{};
};

}  // namespace gabion::proxy
