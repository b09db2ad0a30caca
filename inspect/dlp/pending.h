// Matches that a better one of the same type may still replace: the higher score wins, then the longer.
#pragma once

#include <array>
#include <vector>

#include "inspect/dlp/match.h"

namespace gabion::inspect::dlp {

/// Bounded; where it is full the one that begins first is reported as it is.
class PendingMatches {
 public:
  static constexpr std::size_t kMost = 32;

  /// REQUIRES of each type: matches come in the order in which the text decides them.
  void add(const Match& found, std::vector<Match>& out);
  /// Reports those that end at or before `settled`: nothing to come begins before it.
  void report_before(FlatOffset settled, std::vector<Match>& out) {
    if (size_ > 0) {
      report_ended(settled, out);
    }
  }
  /// Reports those that begin before `leaving`: their bytes go now.
  void report_begun(FlatOffset leaving, std::vector<Match>& out);
  void clear() noexcept { size_ = 0; }

 private:
  void report_ended(FlatOffset settled, std::vector<Match>& out);
  void report(std::size_t index, std::vector<Match>& out);

  std::array<Match, kMost> items_{};
  std::size_t size_ = 0;
};

}  // namespace gabion::inspect::dlp
