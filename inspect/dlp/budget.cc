// A sliding window from two counters: what the last window held weighs as much as it still overlaps.
#include "inspect/dlp/budget.h"

namespace gabion::inspect::dlp {

Budget::Share& Budget::share_of(std::string_view identity, Clock::time_point now) {
  if (const auto known = index_.find(identity); known != index_.end()) {
    shares_.splice(shares_.begin(), shares_, known->second);
    return shares_.front();
  }
  if (shares_.size() == kMaxIdentities) {
    index_.erase(shares_.back().identity);
    shares_.pop_back();
    ++forgotten_;
  }
  shares_.push_front({std::string(identity), now, 0, 0});
  index_.emplace(shares_.front().identity, shares_.begin());
  return shares_.front();
}

void Budget::turn(Share& share, Clock::time_point now) const {
  if (now < share.began + per_) {
    return;
  }
  const bool is_next = now < share.began + 2 * per_;
  share.in_last = is_next ? share.in_window : 0;
  share.in_window = 0;
  share.began = is_next ? share.began + per_ : now;
}

Budget::Answer Budget::spend(std::string_view identity, std::uint32_t records, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Share& share = share_of(identity, now);
  turn(share, now);
  const auto elapsed = now > share.began ? now - share.began : Clock::duration::zero();
  const double left = 1.0 - static_cast<double>(elapsed.count()) / static_cast<double>(per_.count());
  const double spent = static_cast<double>(share.in_window) + left * static_cast<double>(share.in_last);
  if (spent + records > static_cast<double>(records_)) {
    return Answer::kSpent;
  }
  share.in_window += records;
  return Answer::kWithin;
}

std::uint64_t Budget::forgotten() const {
  const std::lock_guard lock(mutex_);
  return forgotten_;
}

}  // namespace gabion::inspect::dlp
