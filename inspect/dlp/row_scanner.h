// Looks for sensitive values in the rows that a database answers, by one profile of `inspection.dlp`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/dlp/body_cover.h"
#include "inspect/dlp/body_scanner.h"
#include "inspect/dlp/ledger.h"
#include "inspect/dlp/profile.h"
#include "inspect/message_text.h"
#include "inspect/row_judge.h"
#include "inspect/scratch.h"

namespace gabion::inspect::dlp {

/// Of one session, on its worker. Each value is a text of its own: nothing is found across two of them. Column names
/// are cues, and what findings name as field. A JSON value is read as JSON; what would go with its member is masked. An
/// answer counts as one message: distinct values, budgets.
class RowScanner final : public RowJudge {
 public:
  /// Borrows `scratch`, which is prepared for the profile, and `findings`.
  RowScanner(std::shared_ptr<const Profile> profile, Scratch& scratch, FindingList& findings);

  /// Another answer. `peer` is who is given the rows, viewed until the next.
  void begin_answer(Demand demand, std::string_view peer, Budget::Clock::time_point now);
  /// Another answer to the same.
  void begin_answer() override;

  [[nodiscard]] bool judge(std::span<const RowText> texts, std::vector<RowCover>& covers) override;

  enum class Refusal : std::uint8_t { kNone, kSensitive, kNotInspectable };
  /// Why judge() said no, and the type or limit that did.
  [[nodiscard]] Refusal refusal() const noexcept { return refusal_; }
  [[nodiscard]] std::string_view rule() const noexcept { return rule_; }

 private:
  [[nodiscard]] bool judge_plain(std::span<const RowText> texts, std::vector<RowCover>& covers);
  [[nodiscard]] bool judge_json(const RowText& text, std::size_t index, std::vector<RowCover>& covers);
  [[nodiscard]] bool read(std::string_view text, Format format);
  [[nodiscard]] bool refuse(Refusal refusal, std::string_view rule) noexcept;

  std::shared_ptr<const Profile> profile_;
  Scratch& scratch_;
  FindingList& findings_;
  Ledger ledger_;
  BodyScanner scanner_;
  BodyCover cover_;
  EditList edits_;
  std::string text_;  ///< the plain texts of a row, a line feed behind each
  std::vector<TextField> fields_;
  std::vector<std::size_t> indices_;  ///< of fields_ in the row's texts
  Demand demand_ = Demand::kAsWritten;
  std::string_view peer_;
  Refusal refusal_ = Refusal::kNone;
  std::string_view rule_;
};

}  // namespace gabion::inspect::dlp
