// Which of the steps of shedding load a worker is on, for the memory it has in use.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "config/proxy_config.h"

namespace gabion::proxy {

/// Each includes what stands before it.
enum class OverloadStep : std::uint8_t {
  kNone,
  kRefuseConnections,  ///< new connections are closed
  kRefuseRequests,     ///< new requests are answered 503
  kEndLargest,         ///< who holds most is ended
  kCount
};

/// "none", "refuse_connections", "refuse_requests", "end_largest": in logs and metrics.
[[nodiscard]] std::string_view to_string(OverloadStep step) noexcept;

/// A step begins at its mark and is over config.recover points below it (kLeastRecoverBytes at least, but never more
/// than half of the mark), so that a worker near a mark does not go to and fro. From any step it goes to any other at
/// once.
class OverloadLadder {
 public:
  /// Marks are per cent of `limit_bytes`. Stays on `step` until the first climb().
  OverloadLadder(const config::OverloadConfig& config, std::uint64_t limit_bytes,
                 OverloadStep step = OverloadStep::kNone) noexcept;

  /// Goes to where `in_use` belongs. True: that is another step than before.
  [[nodiscard]] bool climb(std::uint64_t in_use) noexcept;
  [[nodiscard]] OverloadStep step() const noexcept { return step_; }

  /// What is in use does not change the step while it is at least low() and below high().
  [[nodiscard]] std::uint64_t low() const noexcept { return over_at(step_); }
  [[nodiscard]] std::uint64_t high() const noexcept;
  /// Below so many bytes `step` is over. REQUIRES: a step below kCount.
  [[nodiscard]] std::uint64_t over_at(OverloadStep step) const noexcept {
    return rungs_[static_cast<std::size_t>(step)].over_at;
  }
  [[nodiscard]] std::uint64_t limit_bytes() const noexcept { return limit_bytes_; }

 private:
  static constexpr std::uint64_t kLeastRecoverBytes = 64 * 1024;  // a few buffers of one exchange
  struct Rung {
    std::uint64_t begins_at = 0;
    std::uint64_t over_at = 0;
  };
  std::uint64_t limit_bytes_;
  std::array<Rung, static_cast<std::size_t>(OverloadStep::kCount)> rungs_{};  // by step; kNone is never over
  OverloadStep step_ = OverloadStep::kNone;
};

}  // namespace gabion::proxy
