// Which of the steps of shedding load a worker is on: see ladder.h.
#include "proxy/overload/ladder.h"

#include <algorithm>

namespace gabion::proxy {
namespace {

/// Without overflow up to limits.inFlightBytes' 1 TiB times 100.
std::uint64_t share(std::uint64_t limit_bytes, std::uint32_t per_cent) noexcept {
  constexpr std::uint64_t kWhole = 100;
  return limit_bytes * per_cent / kWhole;
}

}  // namespace

std::string_view to_string(OverloadStep step) noexcept {
  switch (step) {
    case OverloadStep::kNone:
      return "none";
    case OverloadStep::kRefuseConnections:
      return "refuse_connections";
    case OverloadStep::kRefuseRequests:
      return "refuse_requests";
    case OverloadStep::kEndLargest:
      return "end_largest";
    case OverloadStep::kCount:
      break;
  }
  return "unknown";
}

OverloadLadder::OverloadLadder(const config::OverloadConfig& config, std::uint64_t limit_bytes,
                               OverloadStep step) noexcept
    : limit_bytes_(limit_bytes), step_(step) {
  const std::array per_cent{config.refuse_connections, config.refuse_requests, config.end_largest};
  const std::uint64_t recover = std::max(share(limit_bytes, config.recover), kLeastRecoverBytes);
  for (std::size_t i = 0; i < per_cent.size(); ++i) {
    const std::uint64_t begins_at = share(limit_bytes, per_cent[i]);
    rungs_[i + 1] = {begins_at, begins_at - std::min(recover, begins_at / 2)};
  }
}

bool OverloadLadder::climb(std::uint64_t in_use) noexcept {
  const auto before = static_cast<std::size_t>(step_);
  std::size_t now = 0;
  for (std::size_t i = 1; i < rungs_.size(); ++i) {
    if (in_use >= (i <= before ? rungs_[i].over_at : rungs_[i].begins_at)) {
      now = i;
    }
  }
  step_ = static_cast<OverloadStep>(now);
  return now != before;
}

std::uint64_t OverloadLadder::high() const noexcept {
  const auto next = static_cast<std::size_t>(step_) + 1;
  return next < rungs_.size() ? rungs_[next].begins_at : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace gabion::proxy
