// One state per connection and profile.
#include "inspect/dlp/dlp_detector.h"

#include <utility>

#include "inspect/dlp/dlp_state.h"

namespace gabion::inspect::dlp {

DlpDetector::DlpDetector(std::shared_ptr<const Profile> profile, Asked asked, config::OnLimit on_limit) noexcept
    : profile_(std::move(profile)), asked_(asked), on_limit_(on_limit) {}

BodyChange body_change(const Profile::Reach& reach) noexcept {
  if (!reach.covers) {
    return BodyChange::kNone;
  }
  return reach.changes_length ? BodyChange::kAnyLength : BodyChange::kSameLength;
}

std::unique_ptr<DetectorState> DlpDetector::make_state() const {
  return std::make_unique<DlpState>(*profile_, asked_, on_limit_);
}

config::Result<void> DlpDetector::prepare(Scratch& scratch) const {
  return profile_->types().prepare(scratch);
}

}  // namespace gabion::inspect::dlp
