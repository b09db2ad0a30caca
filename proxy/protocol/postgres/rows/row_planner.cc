// Makes the plan of a result: see row_planner.h.
#include "proxy/protocol/postgres/rows/row_planner.h"

#include <algorithm>

namespace gabion::proxy::postgres {
namespace {

using inspect::sql::Lineage;
using inspect::sql::Output;

/// The entry of the statement's list that column `index` of `count` comes from, counted from both ends towards the
/// stars, whose number of columns the text does not tell. Null: it lies between them, or the list does not fit.
const Output* output_of(std::span<const Output> outputs, std::size_t index, std::size_t count) noexcept {
  const auto is_star = [](const Output& output) { return output.lineage == Lineage::kStar; };
  const auto first = std::find_if(outputs.begin(), outputs.end(), is_star);
  const auto before = static_cast<std::size_t>(first - outputs.begin());
  if (first == outputs.end()) {
    return outputs.size() == count ? &outputs[index] : nullptr;
  }
  const auto last = std::find_if(outputs.rbegin(), outputs.rend(), is_star);
  const auto behind = static_cast<std::size_t>(last - outputs.rbegin());
  if (before + behind > count) {
    return nullptr;
  }
  if (index < before) {
    return &outputs[index];
  }
  return index >= count - behind ? &outputs[outputs.size() - (count - index)] : nullptr;
}

enum class Origin : std::uint8_t { kClear, kMasked, kLost, kUnknown };

/// `may_read`: a withheld value may come out of the statement.
enum class MayRead : std::uint8_t { kNo, kYes };
Origin origin_of(const ResultColumn& column, const Output* output, MayRead may_read, const MaskCatalogue& masks) {
  if (output != nullptr && output->lineage == Lineage::kColumn &&
      masks.is_masked(output->schema, output->table, output->column)) {
    return Origin::kMasked;
  }
  if (column.table != 0) {
    switch (masks.find(column.table, column.number)) {
      case MaskCatalogue::Known::kMasked:
        return Origin::kMasked;
      case MaskCatalogue::Known::kClear:
        return Origin::kClear;
      case MaskCatalogue::Known::kView:
        return Origin::kLost;
      case MaskCatalogue::Known::kUnknown:
        return Origin::kUnknown;
    }
  }
  const bool is_constant = output != nullptr && output->lineage == Lineage::kConstant;
  return may_read == MayRead::kNo || is_constant ? Origin::kClear : Origin::kLost;
}

}  // namespace

std::optional<RowPlan> plan_rows(const RowDescription& description, const inspect::sql::Statement* statement,
                                 const PlanRules& rules, Gap& gap) {
  RowPlan plan;
  gap = Gap::kNone;
  const auto columns = description.columns();
  const auto outputs = statement != nullptr ? statement->outputs : std::span<const Output>();
  const bool has_masks = rules.masks != nullptr && !rules.masks->empty();
  const bool reads = has_masks && (statement == nullptr || rules.masks->is_read_by(*statement));
  const MayRead may_read = reads ? MayRead::kYes : MayRead::kNo;
  plan.columns.reserve(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Origin origin = has_masks
                              ? origin_of(columns[i], output_of(outputs, i, columns.size()), may_read, *rules.masks)
                              : Origin::kClear;
    if (origin == Origin::kUnknown || (origin == Origin::kLost && rules.lost == LostLineage::kDeny)) {
      gap = origin == Origin::kLost ? Gap::kLost : Gap::kUnknown;
      return std::nullopt;
    }
    PlannedColumn& column = plan.columns.emplace_back();
    const bool is_scanned = origin == Origin::kLost || rules.scan == ScanTexts::kYes;
    column.fate = origin == Origin::kMasked ? ColumnFate::kRedact : is_scanned ? ColumnFate::kScan : ColumnFate::kKeep;
    if (column.fate == ColumnFate::kKeep) {
      continue;
    }
    column.name = description.name(columns[i]);
    column.stand_in = stand_in(columns[i].type, columns[i].format);
    if (column.fate == ColumnFate::kScan && column.stand_in.reading == Reading::kNothing) {
      column.fate = ColumnFate::kKeep;
    }
  }
  return plan;
}

std::optional<RowPlan> plan_texts(const RowDescription& description) {
  constexpr std::uint32_t kText = 25;
  RowPlan plan;
  for (const ResultColumn& column : description.columns()) {
    if (column.format != Format::kText) {
      return std::nullopt;
    }
    StandIn as_text = stand_in(kText, Format::kText);
    as_text.reading = Reading::kHex;  // a text, or bytes as the server writes them
    plan.columns.push_back({ColumnFate::kScan, std::string(description.name(column)), std::move(as_text)});
  }
  return plan;
}

}  // namespace gabion::proxy::postgres
