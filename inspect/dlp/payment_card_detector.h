// Detector "payment_card": card numbers in response bodies, found, covered or refused.
#pragma once

#include "config/proxy_config.h"
#include "inspect/detector.h"

namespace gabion::inspect::dlp {

/// Holds back only what may be the beginning of a card number, CardScanner::kMaxTail bytes at most: a response that
/// pauses elsewhere is never delayed. A response that cannot be read (content coding, UTF-16, or a 206, which may begin
/// in the middle of a number) is refused, or passed with a finding, by `on_limit`; with kLog it always passes.
class PaymentCardDetector final : public Detector {
 public:
  PaymentCardDetector(config::FindingAction action, config::OnLimit on_limit) noexcept;

  [[nodiscard]] std::string_view name() const noexcept override;
  [[nodiscard]] std::unique_ptr<DetectorState> make_state() const override;
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const override;

 private:
  config::FindingAction action_;
  config::OnLimit on_limit_;
};

}  // namespace gabion::inspect::dlp
