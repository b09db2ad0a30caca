// Keeps the two views of a body in step.
#include "inspect/attack/body_scanner.h"

#include <algorithm>

#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::attack {

using match::MatchList;
using match::ScanStatus;

ScanStatus BodyScanner::begin() noexcept {
  carry_size_ = 0;
  views_differ_ = false;
  return first_.begin();
}

ScanStatus BodyScanner::feed(std::string_view decoded, Scratch& scratch, MatchList& matches) {
  while (!decoded.empty()) {
    ScanStatus status = ScanStatus::kDone;
    if (views_differ_) {
      status = feed_both(decoded, scratch, matches);
    } else if (carry_size_ > 0) {
      status = feed_carried(decoded, scratch, matches);
    } else {
      const std::size_t fork = find_second_view(decoded);
      const bool differs = fork != std::string_view::npos;
      const std::size_t same = differs ? fork : decoded.size() - undecided_tail(decoded);
      status = feed_first(decoded.substr(0, same), scratch, matches);
      decoded.remove_prefix(same);
      if (!differs) {
        carry_size_ = decoded.copy(carry_.data(), carry_.size());
        return status;
      }
      views_differ_ = true;
      view_.reset();
      if (status == ScanStatus::kDone) {
        status = second_.begin_as(first_, scratch);
      }
    }
    if (status == ScanStatus::kFailed) {
      return status;
    }
  }
  return ScanStatus::kDone;
}

/// Adds one byte to the carried ones and decides about them again.
ScanStatus BodyScanner::feed_carried(std::string_view& bytes, Scratch& scratch, MatchList& matches) {
  std::array<char, 3> joined = carry_;
  joined[carry_size_] = bytes.front();
  bytes.remove_prefix(1);
  const std::string_view piece(joined.data(), carry_size_ + 1);
  carry_size_ = 0;
  return feed(piece, scratch, matches);
}

ScanStatus BodyScanner::feed_first(std::string_view bytes, Scratch& scratch, MatchList& matches) {
  return first_.feed(bytes, scratch, matches);
}

ScanStatus BodyScanner::feed_both(std::string_view& bytes, Scratch& scratch, MatchList& matches) {
  const std::uint64_t quiet = std::min<std::uint64_t>(view_.quiet_bytes(), kResyncBytes - 1);
  const std::string_view piece = bytes.substr(0, kResyncBytes - static_cast<std::size_t>(quiet));
  bytes.remove_prefix(piece.size());
  std::string& second = scratch.impl().normalized;
  view_.feed(piece, scratch.impl().between, second);
  if (first_.feed(piece, scratch, matches) == ScanStatus::kFailed ||
      second_.feed(second, scratch, matches) == ScanStatus::kFailed) {
    return ScanStatus::kFailed;
  }
  views_differ_ = view_.quiet_bytes() < kResyncBytes || !view_.is_idle();
  return ScanStatus::kDone;
}

ScanStatus BodyScanner::finish(Scratch& scratch, MatchList& matches) {
  const std::string_view carried(carry_.data(), carry_size_);
  if (first_.feed(carried, scratch, matches) == ScanStatus::kFailed) {
    return ScanStatus::kFailed;
  }
  carry_size_ = 0;
  if (views_differ_) {
    std::string& second = scratch.impl().normalized;
    view_.finish(scratch.impl().between, second);
    if (second_.feed(second, scratch, matches) == ScanStatus::kFailed ||
        second_.finish(scratch, matches) == ScanStatus::kFailed) {
      return ScanStatus::kFailed;
    }
    views_differ_ = false;
  }
  return first_.finish(scratch, matches);
}

}  // namespace gabion::inspect::attack
