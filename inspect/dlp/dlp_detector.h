// Looks for sensitive values in heads and bodies, both ways, by one profile of `inspection.dlp`.
#pragma once

#include <memory>
#include <string_view>

#include "config/proxy_config.h"
#include "inspect/detector.h"
#include "inspect/dlp/profile.h"

namespace gabion::inspect::dlp {

/// Bodies pass as they are decided: at most 256 bytes of text are held, a whole message only where fields are dropped.
/// What cannot be looked at (a coding, a charset, a part of a range) is `on_limit`'s where the profile would touch
/// anything.
class DlpDetector final : public Detector {
 public:
  /// kListeners: every message is looked at by the profile's rules. kOnDemand: only those that L7 rules name it for.
  enum class Asked : std::uint8_t { kListeners, kOnDemand };
  DlpDetector(std::shared_ptr<const Profile> profile, Asked asked, config::OnLimit on_limit) noexcept;

  [[nodiscard]] std::string_view name() const noexcept override { return "dlp"; }
  [[nodiscard]] std::unique_ptr<DetectorState> make_state() const override;
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const override;

 private:
  std::shared_ptr<const Profile> profile_;
  Asked asked_;
  config::OnLimit on_limit_;
};

/// What a body may suffer where that much may be done.
[[nodiscard]] BodyChange body_change(const Profile::Reach& reach) noexcept;

}  // namespace gabion::inspect::dlp
