// What of a profile counts for one message: see demand.h.
#include "inspect/dlp/demand.h"

#include <algorithm>

namespace gabion::inspect::dlp {
namespace {

using config::DlpAction;
using config::DlpDirection;

bool goes(DlpDirection wanted, Direction direction) noexcept {
  return wanted == DlpDirection::kBoth ||
         wanted == (direction == Direction::kRequest ? DlpDirection::kRequest : DlpDirection::kResponse);
}

Demand demand_of(DlpAction action) noexcept {
  switch (action) {
    case DlpAction::kLog:
      return Demand::kLog;
    case DlpAction::kBlock:
      return Demand::kBlock;
    case DlpAction::kMask:
    case DlpAction::kReplace:
    case DlpAction::kToken:
    case DlpAction::kDropField:
      return Demand::kCover;
  }
  return Demand::kBlock;
}

/// Of what the profile itself says and of what a rule wants, what is strictest.
Demand beside_own(Demand wanted) noexcept {
  switch (wanted) {
    case Demand::kAsWritten:
    case Demand::kLog:
      return Demand::kAsWritten;
    case Demand::kCover:
    case Demand::kCoverMore:
      return Demand::kCoverMore;
    case Demand::kBlock:
      return Demand::kBlock;
  }
  return Demand::kBlock;
}

}  // namespace

std::optional<Demand> demand_for(std::string_view profile, DlpDetector::Asked asked, Direction direction,
                                 std::span<const DlpDemand> demands) noexcept {
  const bool is_own = asked == DlpDetector::Asked::kListeners;
  std::optional<Demand> found;
  if (is_own) {
    found = Demand::kAsWritten;
  }
  for (const DlpDemand& demand : demands) {
    if (demand.profile == profile && goes(demand.direction, direction)) {
      const Demand wanted = demand_of(demand.action);
      found = std::max(found.value_or(Demand::kLog), is_own ? beside_own(wanted) : wanted);
    }
  }
  return found;
}

}  // namespace gabion::inspect::dlp
