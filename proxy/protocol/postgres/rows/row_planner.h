// Makes the plan of a result: by what the server says of its columns first, by what the statement's text says too.
#pragma once

#include <optional>
#include <span>

#include "inspect/sql/facts.h"
#include "proxy/protocol/postgres/rows/mask_catalogue.h"
#include "proxy/protocol/postgres/rows/row_description.h"
#include "proxy/protocol/postgres/rows/row_plan.h"

namespace gabion::proxy::postgres {

/// What becomes of a column of which nobody can tell whether a withheld value is in it.
enum class LostLineage : std::uint8_t { kDeny, kScan };

/// Whether texts of columns that are not withheld are looked at.
enum class ScanTexts : std::uint8_t { kNo, kYes };

struct PlanRules {
  const MaskCatalogue* masks = nullptr;  ///< null: nothing is withheld
  LostLineage lost = LostLineage::kDeny;
  ScanTexts scan = ScanTexts::kNo;
};

/// Why there is no plan.
enum class Gap : std::uint8_t {
  kNone,
  kLost,     ///< the lineage of some column is lost and the rule says kDeny
  kUnknown,  ///< a table or column that the catalogue does not know: asked again, it may
};

/// Nothing: `gap` tells why. `statement` null: its text is not known (a function's cursor): it may read anything.
[[nodiscard]] std::optional<RowPlan> plan_rows(const RowDescription& description,
                                               const inspect::sql::Statement* statement, const PlanRules& rules,
                                               Gap& gap);

[[nodiscard]] inline std::optional<RowPlan> plan_rows(const RowDescription& description,
                                                      const inspect::sql::Statement* statement,
                                                      const PlanRules& rules) {
  Gap gap = Gap::kNone;
  return plan_rows(description, statement, rules, gap);
}

/// Of a result whose columns may be others by the time its rows come: all texts are looked at, whatever their types.
/// Nothing: some column is not in text.
[[nodiscard]] std::optional<RowPlan> plan_texts(const RowDescription& description);

}  // namespace gabion::proxy::postgres
