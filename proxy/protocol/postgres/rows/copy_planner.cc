// Makes the plan of a COPY … TO STDOUT: see copy_planner.h.
#include "proxy/protocol/postgres/rows/copy_planner.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace gabion::proxy::postgres {
namespace {

using inspect::sql::Lineage;
using inspect::sql::Output;
using inspect::sql::Statement;

/// Where names without a schema are found in every session that has rules for names.
constexpr std::string_view kPath = "public";

struct Copied {
  std::string name;
  enum class Origin : std::uint8_t { kClear, kMasked, kLost } origin = Origin::kClear;
};

/// All of a relation's columns in their order.
std::vector<Copied> all_of(std::string_view schema, std::string_view table, const MaskCatalogue& masks,
                           bool (*is_kept)(const MaskCatalogue::TableColumn&)) {
  std::vector<Copied> found;
  for (const auto& column : masks.columns_of(schema, table, kPath)) {
    if (is_kept(column)) {
      found.push_back({std::string(column.name), column.is_masked ? Copied::Origin::kMasked : Copied::Origin::kClear});
    }
  }
  return found;
}

std::vector<Copied> of_table(const Statement& statement, const inspect::sql::CopyOptions& options,
                             const MaskCatalogue& masks) {
  const auto& table = statement.relations.front();
  if (options.columns.empty()) {
    return all_of(table.schema, table.name, masks, [](const auto& column) { return !column.is_generated; });
  }
  std::vector<Copied> found;
  for (const std::string& column : options.columns) {
    const bool is_masked = masks.is_masked(table.schema, table.name, column);
    found.push_back({column, is_masked ? Copied::Origin::kMasked : Copied::Origin::kClear});
  }
  return found;
}

std::vector<Copied> of_query(const Statement& statement, const MaskCatalogue& masks) {
  const bool has_star = std::any_of(statement.outputs.begin(), statement.outputs.end(),
                                    [](const Output& output) { return output.lineage == Lineage::kStar; });
  if (has_star) {
    // Where it reads nothing but one star of one relation, whatever is between them keeps its order.
    const bool is_all = statement.outputs.size() == 1 && statement.relations.size() == 1 &&
                        statement.columns.size() == 1 && statement.columns.front().column == "*";
    return is_all ? all_of(statement.relations.front().schema, statement.relations.front().name, masks,
                           [](const auto&) { return true; })
                  : std::vector<Copied>();
  }
  std::vector<Copied> found;
  for (const Output& output : statement.outputs) {
    const bool is_column = output.lineage == Lineage::kColumn;
    Copied& column = found.emplace_back();
    column.name = is_column ? output.column : std::string_view();
    if (is_column && masks.is_masked(output.schema, output.table, output.column)) {
      column.origin = Copied::Origin::kMasked;
    } else if (is_column ? masks.is_view(output.table) : output.lineage != Lineage::kConstant) {
      column.origin = Copied::Origin::kLost;
    }
  }
  return found;
}

}  // namespace

std::optional<RowPlan> plan_copy(const Statement& statement, const inspect::sql::CopyOptions& options,
                                 std::size_t columns, const PlanRules& rules) {
  if (!options.is_plain || (statement.inner_kind.empty() && statement.relations.size() != 1)) {
    return std::nullopt;
  }
  const MaskCatalogue none{std::vector<MaskPattern>()};
  const MaskCatalogue& masks = rules.masks != nullptr ? *rules.masks : none;
  const bool may_read = !masks.empty() && masks.is_read_by(statement);
  auto copied = statement.inner_kind.empty() ? of_table(statement, options, masks) : of_query(statement, masks);
  if (copied.size() != columns) {
    const bool is_view = statement.relations.size() == 1 && masks.is_view(statement.relations.front().name);
    if (may_read && (rules.lost == LostLineage::kDeny || !is_view)) {
      return std::nullopt;  // of a table that changed nobody knows which columns are covered
    }
    copied.assign(columns, Copied{{}, Copied::Origin::kLost});
  }
  RowPlan plan;
  for (Copied& column : copied) {
    const bool is_lost = column.origin == Copied::Origin::kLost && may_read;
    if (is_lost && rules.lost == LostLineage::kDeny) {
      return std::nullopt;
    }
    PlannedColumn& planned = plan.columns.emplace_back();
    const bool is_scanned = is_lost || rules.scan == ScanTexts::kYes;
    planned.fate = column.origin == Copied::Origin::kMasked ? ColumnFate::kRedact
                   : is_scanned                             ? ColumnFate::kScan
                                                            : ColumnFate::kKeep;
    planned.name = std::move(column.name);
    if (planned.fate == ColumnFate::kScan) {  // nothing tells the type: the bytes are looked at as they are
      constexpr std::uint32_t kText = 25;
      planned.stand_in = stand_in(kText, Format::kText);
      planned.stand_in.reading =
          options.format == inspect::sql::CopyOptions::Format::kBinary ? Reading::kRaw : Reading::kText;
    }
  }
  return plan;
}

}  // namespace gabion::proxy::postgres
