// Rule sets in ModSecurity's language as a detector: which ones a request is judged by, and what follows.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "config/proxy_config.h"
#include "inspect/detector.h"
#include "inspect/waf/detector/rule_profile.h"

namespace gabion::inspect::waf {

/// Judges a request and its answer by the profile's own rule set and by those that L7 rules ask for
/// (RequestHead::waf); of two modes for one set the stricter counts.
///
/// An exchange that makes a rule set look at more than limits.scanBytes is refused or, with onLimit allow, judged as
/// far as that went.
///
/// In block mode nothing of a message leaves before its verdict. A request's body beyond the hold limit is refused or,
/// with onLimit allow, judged as far as it came; a response's is judged as far as it came, or refused where the rules
/// say SecResponseBodyLimitAction Reject.
class RulesDetector final : public Detector {
 public:
  /// `own`: the profile's choice, by index into `profiles`.
  struct Own {
    std::size_t index = 0;
    config::WafMode mode = config::WafMode::kBlock;
  };
  /// What happens at a limit, and the limit on what one rule set may look at (Transaction::set_scan_limit).
  struct Bounds {
    config::OnLimit on_limit = config::OnLimit::kDeny;
    std::uint64_t scan_bytes = config::Limits{}.scan_bytes;
  };
  RulesDetector(RuleProfiles profiles, std::optional<Own> own, Bounds bounds);

  /// Whether some of its rule sets may read bodies of answers.
  [[nodiscard]] bool reads_answers() const noexcept;
  [[nodiscard]] std::string_view name() const noexcept override { return "waf"; }
  [[nodiscard]] std::unique_ptr<DetectorState> make_state() const override;
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const override;

 private:
  RuleProfiles profiles_;
  std::optional<Own> own_;
  Bounds bounds_;
};

}  // namespace gabion::inspect::waf
