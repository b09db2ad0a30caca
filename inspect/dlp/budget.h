// How many records one identity was given lately, over all workers: a leak in small pieces is a leak.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gabion::inspect::dlp {

/// Counts per identity over a sliding window (two half-weighted neighbours, so the estimate is at most one window's
/// uneven share off). Thread-safe; asked only where something was found. At most kMaxIdentities are remembered: then
/// the one that was quiet longest is forgotten, and counted in forgotten().
class Budget {
 public:
  using Clock = std::chrono::system_clock;
  static constexpr std::size_t kMaxIdentities = 16'384;

  Budget(std::uint32_t records, Clock::duration per) noexcept : records_(records), per_(per) {}

  enum class Answer : std::uint8_t { kWithin, kSpent };

  /// `identity` is about to be given `records` more. kSpent: it had its share, and these are not counted.
  [[nodiscard]] Answer spend(std::string_view identity, std::uint32_t records, Clock::time_point now);

  [[nodiscard]] std::uint64_t forgotten() const;

 private:
  struct Share {
    std::string identity;
    Clock::time_point began;  ///< of the window `now_in` counts
    std::uint64_t in_window = 0;
    std::uint64_t in_last = 0;
  };
  using Shares = std::list<Share>;  // the most recent first

  Share& share_of(std::string_view identity, Clock::time_point now);
  void turn(Share& share, Clock::time_point now) const;

  const std::uint32_t records_;
  const Clock::duration per_;
  mutable std::mutex mutex_;
  Shares shares_;
  std::unordered_map<std::string_view, Shares::iterator> index_;  // views `identity` of the list's items
  std::uint64_t forgotten_ = 0;
};

}  // namespace gabion::inspect::dlp
