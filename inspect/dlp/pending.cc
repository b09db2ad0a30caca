// An unordered array: a few matches at a time.
#include "inspect/dlp/pending.h"

#include <algorithm>

namespace gabion::inspect::dlp {
namespace {

bool overlap(const Match& one, const Match& other) noexcept {
  return one.begin < other.end && other.begin < one.end;
}

bool is_better(const Match& one, const Match& other) noexcept {
  if (one.score != other.score) {
    return one.score > other.score;
  }
  return one.end - one.begin > other.end - other.begin;
}

/// The better of the two, which covers what both do.
Match joined(const Match& one, const Match& other) noexcept {
  const FlatOffset begin = std::min(one.begin - one.more_before, other.begin - other.more_before);
  const FlatOffset end = std::max(one.end + one.more_behind, other.end + other.more_behind);
  Match best = is_better(other, one) ? other : one;
  best.more_before = static_cast<std::uint16_t>(best.begin - begin);
  best.more_behind = static_cast<std::uint16_t>(end - best.end);
  return best;
}

}  // namespace

void PendingMatches::add(const Match& found, std::vector<Match>& out) {
  for (std::size_t index = 0; index < size_; ++index) {
    if (items_[index].type == found.type && overlap(items_[index], found)) {
      items_[index] = joined(items_[index], found);
      return;
    }
  }
  if (size_ == kMost) {
    std::size_t first = 0;
    for (std::size_t index = 1; index < size_; ++index) {
      first = items_[index].begin < items_[first].begin ? index : first;
    }
    report(first, out);
  }
  items_[size_++] = found;
}

void PendingMatches::report(std::size_t index, std::vector<Match>& out) {
  out.push_back(items_[index]);
  items_[index] = items_[--size_];
}

void PendingMatches::report_ended(FlatOffset settled, std::vector<Match>& out) {
  for (std::size_t index = 0; index < size_;) {
    if (items_[index].end <= settled) {
      report(index, out);
    } else {
      ++index;
    }
  }
}

void PendingMatches::report_begun(FlatOffset leaving, std::vector<Match>& out) {
  for (std::size_t index = 0; index < size_;) {
    if (items_[index].begin - items_[index].more_before < leaving) {
      report(index, out);
    } else {
      ++index;
    }
  }
}

}  // namespace gabion::inspect::dlp
