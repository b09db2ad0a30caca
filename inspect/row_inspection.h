// The answers of a database to one session, looked at by every profile of sensitive values that applies to it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/proxy_config.h"
#include "inspect/finding.h"
#include "inspect/message.h"
#include "inspect/row_judge.h"
#include "inspect/scratch.h"
#include "inspect/snapshot.h"
#include "inspect/verdict.h"

namespace gabion::inspect {

/// Of one session, on its worker. What leaves is what all profiles together leave of it, one after the other.
class RowInspection final : public RowJudge {
 public:
  /// Who is given the answers, and by what they are looked at.
  struct Subject {
    const Snapshot& snapshot;
    std::size_t profile_index = 0;            ///< the listener's
    std::span<const DlpDemand> demands = {};  ///< of L7 rules
    std::string peer;                         ///< whose budget it is; empty: nobody's
  };
  /// Borrows `scratch`, which is prepared for the snapshot.
  RowInspection(const Subject& subject, Scratch& scratch);
  ~RowInspection() override;
  RowInspection(const RowInspection&) = delete;
  RowInspection& operator=(const RowInspection&) = delete;

  /// From now on.
  void use(const Subject& subject);
  /// Some profile looks at answers.
  [[nodiscard]] bool looks() const noexcept { return !parts_.empty(); }
  /// What becomes of a value that cannot be looked at.
  [[nodiscard]] config::OnLimit on_limit() const noexcept { return on_limit_; }

  void begin_answer() override;
  [[nodiscard]] bool judge(std::span<const RowText> texts, std::vector<RowCover>& covers) override;

  /// Since forget_findings(), at most FindingList::kMaxFindings of them.
  [[nodiscard]] const FindingList& findings() const noexcept { return findings_; }
  void forget_findings() noexcept;
  /// Why judge() said no last: the type, the limit or "budget".
  [[nodiscard]] Reason reason() const noexcept { return reason_; }
  [[nodiscard]] std::string_view rule() const noexcept { return rule_; }

 private:
  struct Part;
  [[nodiscard]] bool judge_by(Part& part, std::span<const RowText> texts, std::vector<RowCover>& covers);

  Scratch& scratch_;
  FindingList findings_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<std::unique_ptr<Part>> replaced_;  ///< whose profiles findings_ view
  config::OnLimit on_limit_ = config::OnLimit::kDeny;
  std::string peer_;
  Reason reason_ = Reason::kNone;
  std::string rule_;
  // Of a row that several profiles look at.
  std::vector<RowText> shown_;
  std::vector<RowCover> found_;
  std::vector<std::string> covered_;
};

}  // namespace gabion::inspect
