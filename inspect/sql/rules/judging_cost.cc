// A column without a table is asked of every relation of its statement; everything else is asked once.
#include "inspect/sql/rules/judging_cost.h"

#include <algorithm>

namespace gabion::inspect::sql {
namespace {

std::uint64_t patterns_of(const std::vector<SqlSubject::Applied>& items) noexcept {
  std::uint64_t patterns = 0;
  for (const auto& [item, rule] : items) {
    patterns += 1 + item->tables.size() + item->columns.size() + item->functions.size() + item->settings.size() +
                item->masks.size();
  }
  return patterns;
}

std::size_t unknown_columns(const Statement& statement) noexcept {
  return static_cast<std::size_t>(std::count_if(statement.columns.begin(), statement.columns.end(),
                                                [](const Column& column) { return column.table.empty(); }));
}

std::uint64_t names_of(const Statement& statement, std::size_t unknown) noexcept {
  return statement.relations.size() + statement.columns.size() + statement.functions.size() +
         statement.settings.size() + static_cast<std::uint64_t>(unknown) * statement.relations.size();
}

}  // namespace

bool can_be_judged(const Facts& facts, const SqlSubject& subject, const SqlSubject::View& view) noexcept {
  const std::uint64_t patterns = patterns_of(view.allows) + patterns_of(view.denies);
  if (patterns == 0) {
    return true;
  }
  const std::uint64_t schemas = 1 + subject.context().search_path.size();  // the server's own is one more
  const std::uint64_t most_names = kMostComparisons / patterns / schemas;
  std::uint64_t names = 0;
  for (const auto& statement : facts.statements()) {
    const std::size_t unknown = unknown_columns(statement);
    if (statement.relations.size() > kMostRelations || unknown > kMostUnknownColumns) {
      return false;
    }
    names += names_of(statement, unknown);
  }
  return names <= most_names;
}

}  // namespace gabion::inspect::sql
