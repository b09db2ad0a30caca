// From facts and rules to a ruling: the checks in their order, the first failure decides (sql §9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/sql/facts.h"
#include "inspect/sql/rules/catalog_names.h"
#include "inspect/sql/rules/learnt.h"
#include "inspect/sql/rules/reason.h"
#include "inspect/sql/rules/sql_rules.h"

namespace gabion::inspect::sql {

class Obligations;

/// What rules say of one text. `object` names what was refused and holds no literal.
struct SqlRuling {
  SqlReason reason = SqlReason::kAllowed;
  SqlRules::Number rule = SqlRules::kNoRule;  ///< that refused or, of the Allow rules that concern it, the first
  std::string object;
  std::uint64_t rows = 0;       ///< of each result; 0: no limit
  std::uint64_t bytes = 0;      ///< of each result; 0: no limit
  bool looks_injected = false;  ///< has signs of an injection, and not every item it concerns says Off
  config::kube::SqlTaint taint = config::kube::SqlTaint::kLog;  ///< the strictest; for the session to keep
  SqlRules::Number taint_rule = SqlRules::kNoRule;              ///< that says so
  std::vector<std::string> masks;  ///< columns that are read and to be covered, as policies write them
  std::string unlearnt;  ///< fingerprint of a statement that passes and that a rule in mode Learn does not list
  SqlRules::Number unlearnt_rule = SqlRules::kNoRule;

  [[nodiscard]] bool allowed() const noexcept { return reason == SqlReason::kAllowed; }
};

/// One a thread; keeps scratch.
class Evaluator {
 public:
  /// `text`: that the facts are of.
  [[nodiscard]] SqlRuling judge(const Facts& facts, std::string_view text, const SqlSubject& subject,
                                const SqlSubject::View& view);
  /// What is judged from now on is another text, or its facts were made anew.
  void begin_text() noexcept { prints_.begin_text(); }
  [[nodiscard]] std::uint64_t fingerprints_made() const noexcept { return prints_.made(); }

 private:
  /// What is asked about.
  struct Asked {
    const Facts& facts;
    std::string_view text;
    const SqlSubject& subject;
    const SqlSubject::View& view;
  };

  void find_concerned(const Asked& asked);
  [[nodiscard]] bool is_stacked(const Asked& asked) const;
  [[nodiscard]] SqlRules::Number denied_by(const Asked& asked) const;
  void check_statements(const Asked& asked, SqlRuling& ruling);
  void check_names(const Statement& statement, const Obligations& needs, const Asked& asked, SqlRuling& ruling) const;
  void check_modes(const Statement& statement, const Obligations& needs, const Asked& asked, SqlRuling& ruling);
  void check_learnt(const Statement& statement, const Asked& asked, SqlRuling& ruling);
  void check_signs(const Statement& statement, const Asked& asked, SqlRuling& ruling) const;
  void check_masks(const Statement& statement, const Obligations& needs, const SqlItem& item, const Asked& asked,
                   SqlRuling& ruling) const;
  void add_taint(const Asked& asked, SqlRuling& ruling) const;
  void add_limits(const Asked& asked, SqlRuling& ruling) const;

  CatalogNames catalog_;
  LearntPrints prints_;
  std::vector<unsigned char> concerned_;  ///< by place in view.allows: whether its modes count
};

/// The sign of an injection that a rule may block, in words; empty: none.
[[nodiscard]] std::string_view injection_sign(const Flags& flags) noexcept;

}  // namespace gabion::inspect::sql
