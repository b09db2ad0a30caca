// What becomes of findings in a body: each is ruled on, and noted where it has to be covered.
#pragma once

#include "inspect/dlp/body_cover.h"
#include "inspect/dlp/body_scanner.h"
#include "inspect/dlp/ledger.h"

namespace gabion::inspect::dlp {

/// Judges what a body holds and notes what is to be covered.
class BodySink final : public BodyFindingSink {
 public:
  BodySink(Ledger& ledger, BodyCover& cover) noexcept : ledger_(ledger), cover_(cover) {}

  void take(const BodyFinding& finding, const FieldReader& /*reader*/) override {
    Sighting sighting;
    sighting.match = finding.match;
    sighting.text = finding.text;
    sighting.field = finding.field;
    sighting.offset = finding.raw.begin;
    sighting.length = static_cast<std::uint32_t>(finding.raw.end - finding.raw.begin);
    sighting.piece = finding.piece;
    const Ruling ruling = ledger_.judge(sighting, Touch::kAllowed);
    refused_ = refused_ || ruling.what == Ruling::Do::kRefuse;
    if (ruling.what == Ruling::Do::kCover && !refused_) {
      cover_.add(finding, ruling);
    }
  }
  [[nodiscard]] bool refused() const noexcept { return refused_; }

 private:
  Ledger& ledger_;
  BodyCover& cover_;
  bool refused_ = false;
};

}  // namespace gabion::inspect::dlp
