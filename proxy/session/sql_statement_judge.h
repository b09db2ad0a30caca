// The rules for SQL in the words of a session: verdicts, names, and what would change the meaning of names.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inspect/sql/rules/judge.h"
#include "inspect/sql/taint/taint_judge.h"
#include "proxy/protocol/postgres/rows/mask_catalogue.h"
#include "proxy/session/statement_judge.h"

namespace gabion::proxy {

/// What a worker judges statements with, for all its sessions; the cache is all sessions'.
struct SqlJudges {
  inspect::sql::SqlJudge rules;
  inspect::sql::taint::TaintJudge taint;
};

/// Of one session; uses its worker's judges.
class SqlStatementJudge final : public StatementJudge {
 public:
  using Values = std::shared_ptr<inspect::sql::taint::CandidateStore>;

  /// `values`: of the requests that a statement may have been made of.
  SqlStatementJudge(SqlJudges& shared, inspect::sql::SqlContext context,
                    std::shared_ptr<const inspect::sql::SqlRules> rules, Values values);

  /// From now on; statements that were allowed are judged again at their next use.
  void use(std::shared_ptr<const inspect::sql::SqlRules> rules, Values values);
  /// Some rule means names without a schema to be found where the session was told to look for them.
  [[nodiscard]] bool looks_at_names() const noexcept;
  /// An allowed statement changed where names are found, or whose rights count.
  [[nodiscard]] bool names_were_changed() const noexcept { return names_were_changed_; }

  /// Whether texts of answers are looked at: then all that is answered must be known by its columns.
  enum class Answers : std::uint8_t { kPass, kLookedAt };
  void set_answers(Answers answers) noexcept { answers_ = answers; }

  /// What may hold a withheld value, and nobody can tell, is searched and not refused.
  [[nodiscard]] bool scans_lost() const noexcept { return !masks_.empty() && subject_->enforced().scans_lost; }
  /// Columns that some rule withholds from this session. Sorted.
  [[nodiscard]] const std::vector<postgres::MaskPattern>& masks() const noexcept { return masks_; }

  [[nodiscard]] StatementVerdict judge(std::string_view text) override;
  [[nodiscard]] bool must_read(std::string_view text) override;
  /// What another thread read of the text that must_read() was asked about last: for the next judge() of it.
  void bring(inspect::sql::Facts facts);
  void forget_read() noexcept override { read_.clear(); }

  /// For logs: no literal, and nothing of a text that cannot be read.
  struct Description {
    std::string normalized;
    std::string fingerprint;
    std::vector<std::string> kinds;
    std::vector<std::string> tables;  ///< "select public.people"
    std::uint64_t tables_more = 0;
    std::string rule;
  };
  [[nodiscard]] Description describe(std::string_view text);
  [[nodiscard]] std::uint64_t generation() const noexcept override { return generation_; }
  [[nodiscard]] std::uint32_t most_bytes() const noexcept override { return subject_->most_bytes(); }

 private:
  void list_names(const inspect::sql::Facts& facts);
  void list_masks();
  /// Null: none of that name.
  [[nodiscard]] inspect::sql::ReadText* find_read(const inspect::sql::Digest& name) noexcept;
  [[nodiscard]] bool reads_rows() const noexcept { return !masks_.empty() || answers_ == Answers::kLookedAt; }
  [[nodiscard]] postgres::RowRulesRef rows_of(std::string_view text, const inspect::sql::SqlVerdict& found);
  [[nodiscard]] postgres::RowRulesRef counting_rules(const postgres::RowLimits& limits, postgres::Effect effect);
  void look_for_taint(std::string_view text, const inspect::sql::SqlVerdict& found, StatementVerdict& verdict);

  SqlJudges& shared_;
  Values values_;
  inspect::sql::SqlContext context_;
  std::unique_ptr<const inspect::sql::SqlSubject> subject_;
  std::uint64_t generation_ = 1;
  inspect::sql::Digest asked_;                ///< by must_read()
  std::vector<inspect::sql::ReadText> read_;  // that judge() has not used, or used: then without a name
  std::vector<StatementName> names_;
  std::vector<postgres::MaskPattern> masks_;
  std::array<postgres::RowRulesRef, 2> counting_;  ///< of the last statements whose rows are only counted, by effect
  std::string taint_text_;                         ///< "query:q, 6 tokens"
  bool names_were_changed_ = false;
  Answers answers_ = Answers::kPass;
};

}  // namespace gabion::proxy
