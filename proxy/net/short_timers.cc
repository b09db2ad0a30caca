// Deadlines of less than a tick of the wheel: see short_timers.h.
#include "proxy/net/short_timers.h"

namespace gabion::proxy {

void ShortTimer::set(ShortTimers& timers, TimePoint deadline) noexcept {
  cancel();
  ShortTimer* before = timers.last_;
  while (before != nullptr && before->deadline_ > deadline) {
    before = before->before_;
  }
  deadline_ = deadline;
  timers_ = &timers;
  before_ = before;
  after_ = before == nullptr ? timers.first_ : before->after_;
  (before_ == nullptr ? timers.first_ : before_->after_) = this;
  (after_ == nullptr ? timers.last_ : after_->before_) = this;
}

void ShortTimer::cancel() noexcept {
  if (timers_ == nullptr) {
    return;
  }
  (before_ == nullptr ? timers_->first_ : before_->after_) = after_;
  (after_ == nullptr ? timers_->last_ : after_->before_) = before_;
  timers_ = nullptr;
}

ShortTimers::~ShortTimers() {
  while (first_ != nullptr) {
    first_->cancel();
  }
}

/// What fires sets itself again at a time after `now`, if at all: this ends.
void ShortTimers::advance(TimePoint now) noexcept {
  while (first_ != nullptr && first_->deadline_ <= now) {
    ShortTimer& due = *first_;
    due.cancel();
    due.on_expired();
  }
}

std::optional<ShortTimers::TimePoint> ShortTimers::next_expiry() const noexcept {
  return first_ == nullptr ? std::nullopt : std::optional(first_->deadline_);
}

}  // namespace gabion::proxy
