// Makes the plan of a COPY … TO STDOUT: by its text and what the catalogue knows, since the server tells no columns.
#pragma once

#include <cstddef>
#include <optional>

#include "inspect/sql/copy_options.h"
#include "proxy/protocol/postgres/rows/row_planner.h"

namespace gabion::proxy::postgres {

/// `columns`: how many the server says there are. Nothing: it is written in a way that is not read, or the lineage of
/// some column is lost.
[[nodiscard]] std::optional<RowPlan> plan_copy(const inspect::sql::Statement& statement,
                                               const inspect::sql::CopyOptions& options, std::size_t columns,
                                               const PlanRules& rules);

}  // namespace gabion::proxy::postgres
