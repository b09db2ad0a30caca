// Detector "attack": known attack signatures in a request's path, query, field values and body.
#pragma once

#include <memory>

#include "config/proxy_config.h"
#include "inspect/attack/signatures.h"
#include "inspect/detector.h"

namespace gabion::inspect::attack {

/// What is looked at, and how:
/// - path: percent-decoded; query: percent- and plus-decoded; '&' separates values.
/// - field values as they are, except Authorization and Proxy-Authorization (opaque by design: random base64, and a
///   finding must not hint at a credential).
/// - bodies: forms percent- and plus-decoded; JSON (declared, or not a form and beginning with '{' or '[') with escapes
///   resolved; anything else, multipart too, as it is and with the signatures that do not occur by chance in binary.
/// - each of these a second time when it still holds an escape or a comment: decoded again, comments and blanks
///   collapsed (second_view.h).
///
/// With kBlock (kMask is the same: an attack cannot be masked) a body smaller than the hold limit leaves as a whole
/// after its end, so no part of a small attack passes. Beyond the limit everything scanned leaves but the last
/// kTailBytes; a hit then cuts the rest off. With kLog nothing is held.
class AttackDetector final : public Detector {
 public:
  static constexpr std::size_t kTailBytes = 256;

  AttackDetector(std::shared_ptr<const SignatureSets> sets, config::FindingAction action,
                 config::OnLimit on_limit) noexcept;

  [[nodiscard]] std::string_view name() const noexcept override;
  [[nodiscard]] std::unique_ptr<DetectorState> make_state() const override;
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const override;

 private:
  std::shared_ptr<const SignatureSets> sets_;
  config::FindingAction action_;
  config::OnLimit on_limit_;
};

}  // namespace gabion::inspect::attack
