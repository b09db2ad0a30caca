// How slowly a client may send or read a body: a credit of time that waiting for it uses up and its bytes earn.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace gabion::proxy {

/// One direction of one exchange. Only time in which nobody but the client is waited for counts, so a slow service is
/// not held against it. The credit begins with kGrace; each `bytes_per_second` bytes earn a second, up to kMost, so
/// that a fast beginning does not pay for an endless end.
class BodyPace {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::nanoseconds kGrace = std::chrono::seconds(10);  // mesh.md §8
  static constexpr std::chrono::nanoseconds kMost = std::chrono::minutes(1);
  static constexpr std::chrono::nanoseconds kPlenty = kGrace - std::chrono::seconds(1);

  BodyPace() noexcept = default;
  /// Bytes until now, `moved` of them, were somebody else's.
  explicit BodyPace(std::uint64_t moved) noexcept : moved_(moved) {}

  /// `moved` bytes in all until `now`; from now on the client is waited for, or not. REQUIRES: neither goes back.
  void waiting(TimePoint now, std::uint64_t moved, std::uint32_t bytes_per_second) noexcept {
    settle(now, moved, bytes_per_second);
    waiting_since_ = now;
  }
  void resting(TimePoint now, std::uint64_t moved, std::uint32_t bytes_per_second) noexcept {
    settle(now, moved, bytes_per_second);
    waiting_since_.reset();
  }

  /// Enough of the credit is used that what moved is worth a system call to find out.
  [[nodiscard]] bool is_short(TimePoint now) const noexcept {
    return credit_ - (waiting_since_ ? now - *waiting_since_ : std::chrono::nanoseconds(0)) < kPlenty;
  }

  /// When the client is too slow if nothing moves until then; nothing while it is not waited for.
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept {
    return waiting_since_ ? std::optional(*waiting_since_ + std::chrono::duration_cast<TimePoint::duration>(credit_))
                          : std::nullopt;
  }

 private:
  void settle(TimePoint now, std::uint64_t moved, std::uint32_t bytes_per_second) noexcept {
    if (waiting_since_) {
      credit_ -= now - *waiting_since_;
    }
    if (moved != moved_) {
      constexpr std::uint64_t kMostSeconds = 60;
      const auto fresh = std::min(moved - moved_, kMostSeconds * bytes_per_second);
      const std::chrono::nanoseconds earned(fresh * std::nano::den / bytes_per_second);
      credit_ = std::min(credit_ + earned, kMost);
      moved_ = moved;
    }
  }

  std::optional<TimePoint> waiting_since_;
  std::chrono::nanoseconds credit_ = kGrace;
  std::uint64_t moved_ = 0;
};

}  // namespace gabion::proxy
