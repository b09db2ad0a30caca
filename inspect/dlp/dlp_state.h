// One exchange seen by one profile of sensitive values: heads as one text each, bodies as streams.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/proxy_config.h"
#include "inspect/detector.h"
#include "inspect/dlp/body_cover.h"
#include "inspect/dlp/body_scanner.h"
#include "inspect/dlp/dlp_detector.h"
#include "inspect/dlp/head_scan.h"
#include "inspect/dlp/ledger.h"

namespace gabion::inspect::dlp {

class DlpState final : public DetectorState {
 public:
  /// Borrows `profile`.
  DlpState(const Profile& profile, DlpDetector::Asked asked, config::OnLimit on_limit);

  void reset(Scratch& scratch, FindingList& findings) noexcept override;
  void release() noexcept override;
  [[nodiscard]] std::size_t held_bytes() const noexcept override;
  [[nodiscard]] Step on_request_head(const RequestHead& head) override;
  [[nodiscard]] Step on_response_head(const ResponseHead& head) override;
  [[nodiscard]] bool wants_body(Direction direction) const noexcept override { return way(direction).reads_body; }
  [[nodiscard]] BodyStep on_body(Direction direction, const BodyWindow& window) override;
  [[nodiscard]] Step on_message(Direction direction, const MessageText& message) override;
  [[nodiscard]] Step on_trailers(Direction direction, std::span<const HeaderField> fields) override;
  [[nodiscard]] bool may_refuse_body(Direction direction) const noexcept override;
  [[nodiscard]] bool enforces(Direction direction) const noexcept override {
    return reach(direction).covers || reach(direction).refuses;
  }
  [[nodiscard]] bool may_refuse_answer() const noexcept override {
    return way(Direction::kResponse).is_active && enforces(Direction::kResponse);
  }
  [[nodiscard]] BodyChange body_change(Direction direction) const noexcept override;
  [[nodiscard]] std::span<const FieldEdit> field_edits(Direction direction) const noexcept override {
    return way(direction).head.edits();
  }
  [[nodiscard]] Reason reason() const noexcept override { return reason_; }
  [[nodiscard]] std::string_view rule() const noexcept override { return rule_; }

 private:
  /// One direction.
  struct Way {
    explicit Way(const Profile& profile) : ledger(profile), head(profile), scanner(profile.types()), cover(profile) {}
    bool is_active = false;
    bool reads_body = false;
    bool holds_whole = false;  ///< until the end, or as much as may be held
    Demand demand = Demand::kAsWritten;
    Ledger ledger;
    HeadScan head;
    BodyScanner scanner;
    BodyCover cover;
  };

  [[nodiscard]] Way& way(Direction direction) noexcept { return ways_[static_cast<std::size_t>(direction)]; }
  [[nodiscard]] const Way& way(Direction direction) const noexcept {
    return ways_[static_cast<std::size_t>(direction)];
  }
  [[nodiscard]] const Profile::Reach& reach(Direction direction) const noexcept {
    return profile_.reach(direction, way(direction).demand);
  }
  void choose(const RequestHead& head);
  void begin_ledgers(const RequestHead& head);
  [[nodiscard]] Step begin_body(Direction direction, std::span<const HeaderField> fields, BodyForm form);
  [[nodiscard]] Step unreadable(Direction direction, std::string_view field);
  [[nodiscard]] Step stop(Reason reason, std::string_view rule) noexcept;
  [[nodiscard]] Step scan_head(Way& one);

  const Profile& profile_;
  const DlpDetector::Asked asked_;
  const config::OnLimit on_limit_;
  Scratch* scratch_ = nullptr;
  FindingList* findings_ = nullptr;
  std::array<Way, 2> ways_;
  std::string peer_;
  bool is_head_request_ = false;
  Reason reason_ = Reason::kNone;
  std::string_view rule_;
};

}  // namespace gabion::inspect::dlp
