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

/// Nothing: the lineage of some column is lost and the rule says kDeny. `statement` null: its text is not known (a
/// function's cursor): it may read anything.
[[nodiscard]] std::optional<RowPlan> plan_rows(const RowDescription& description,
                                               const inspect::sql::Statement* statement, const PlanRules& rules);

}  // namespace gabion::proxy::postgres
