// Deadlines by the thousand: see timer_wheel.h.
#include "proxy/net/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace gabion::proxy {

void Timer::set(TimerWheel& wheel, TimePoint deadline) noexcept {
  deadline_ = deadline;
  armed_ = true;
  if (link_ != nullptr && deadline >= slot_time_) {
    return;  // its slot comes first and will move it on
  }
  unlink();
  wheel.insert(*this);
}

void Timer::unlink() noexcept {
  if (link_ == nullptr) {
    return;
  }
  *link_ = next_;
  if (next_ != nullptr) {
    next_->link_ = link_;
  }
  if (wheel_->slots_[slot_] == nullptr) {
    wheel_->occupied_[slot_ / 64] &= ~(std::uint64_t{1} << (slot_ % 64));
  }
  link_ = nullptr;
  next_ = nullptr;
}

TimerWheel::~TimerWheel() {
  for (Timer* first : slots_) {
    while (first != nullptr) {
      first->link_ = nullptr;
      first->armed_ = false;
      first = std::exchange(first->next_, nullptr);
    }
  }
}

std::uint64_t TimerWheel::tick_of(TimePoint time) const noexcept {
  return time <= start_ ? 0 : static_cast<std::uint64_t>((time - start_) / kTick);
}

void TimerWheel::insert(Timer& timer) noexcept {
  // +1: a slot fires when its whole tick has passed, so never early.
  const std::uint64_t wanted = tick_of(timer.deadline_) + 1;
  const std::uint64_t tick = std::clamp(wanted, tick_ + 1, tick_ + kSlots - 1);
  const auto slot = static_cast<std::uint32_t>(tick % kSlots);
  timer.wheel_ = this;
  timer.slot_ = slot;
  timer.slot_time_ = start_ + kTick * static_cast<std::int64_t>(tick);
  timer.next_ = slots_[slot];
  timer.link_ = &slots_[slot];
  if (timer.next_ != nullptr) {
    timer.next_->link_ = &timer.next_;
  }
  slots_[slot] = &timer;
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::advance(TimePoint now) noexcept {
  const std::uint64_t target = tick_of(now);
  if (target >= tick_ + kSlots) {
    tick_ = target - kSlots;  // slept longer than the horizon: one round fires all
  }
  while (tick_ < target) {
    ++tick_;
    const auto slot = static_cast<std::uint32_t>(tick_ % kSlots);
    if (slots_[slot] != nullptr) {
      fire_slot(slot, now);
    }
  }
}

void TimerWheel::fire_slot(std::uint32_t slot, TimePoint now) noexcept {
  // The head is taken off one by one: whatever fires may unlink or destroy any other timer. Re-inserted timers land in
  // later slots, because insert() clamps to tick_ + 1.
  while (Timer* timer = slots_[slot]) {
    timer->unlink();
    if (!timer->armed_) {
      continue;
    }
    if (timer->deadline_ > now) {
      insert(*timer);
      continue;
    }
    timer->armed_ = false;
    timer->on_expired();
  }
}

std::optional<TimerWheel::TimePoint> TimerWheel::next_expiry() const noexcept {
  const auto first = static_cast<std::uint32_t>((tick_ + 1) % kSlots);
  for (std::uint32_t word = 0; word <= kSlots / 64; ++word) {
    const std::uint32_t index = (first / 64 + word) % (kSlots / 64);
    std::uint64_t bits = occupied_[index];
    if (word == 0) {
      bits &= ~std::uint64_t{0} << (first % 64);
    }
    if (bits == 0) {
      continue;
    }
    const auto slot = index * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
    const std::uint64_t distance = (slot + kSlots - first) % kSlots;
    return start_ + kTick * static_cast<std::int64_t>(tick_ + 1 + distance);
  }
  return std::nullopt;
}

}  // namespace gabion::proxy
