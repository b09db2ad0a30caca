// Segments are compared as the server folds names: byte for byte.
#include "inspect/sql/rules/name_pattern.h"

#include "inspect/sql/rules/catalog_names.h"

namespace gabion::inspect::sql {
namespace {

/// Takes what stands behind the last dot off the end; everything when there is none.
std::string_view take_last(std::string_view& pattern) noexcept {
  const std::size_t dot = pattern.rfind('.');
  if (dot == std::string_view::npos) {
    const std::string_view all = pattern;
    pattern = {};
    return all;
  }
  const std::string_view last = pattern.substr(dot + 1);
  pattern = pattern.substr(0, dot);
  return last;
}

bool in_table(const std::optional<Segment>& schema, const Segment& name, QualifiedName table,
              std::string_view default_schema) noexcept {
  if (!name.matches(table.name)) {
    return false;
  }
  if (schema) {
    return schema->matches(table.schema);
  }
  return table.schema == default_schema || (table.schema == "pg_catalog" && name.text.starts_with("pg_"));
}

}  // namespace

Segment Segment::parse(std::string_view pattern) {
  const bool open = pattern.ends_with('*');
  return {std::string(pattern.substr(0, pattern.size() - (open ? 1 : 0))), open};
}

NamePattern NamePattern::parse(std::string_view pattern) {
  NamePattern made;
  made.name = Segment::parse(take_last(pattern));
  if (!pattern.empty()) {
    made.schema = Segment::parse(pattern);
  }
  return made;
}

ColumnPattern ColumnPattern::parse(std::string_view pattern) {
  ColumnPattern made;
  made.column = Segment::parse(take_last(pattern));
  if (!pattern.empty()) {
    made.table = Segment::parse(take_last(pattern));
  }
  if (!pattern.empty()) {
    made.schema = Segment::parse(pattern);
  }
  return made;
}

bool means_table(const NamePattern& pattern, QualifiedName table, std::string_view default_schema) noexcept {
  return in_table(pattern.schema, pattern.name, table, default_schema);
}

bool means_function(const NamePattern& pattern, QualifiedName function, std::string_view default_schema) noexcept {
  if (!pattern.name.matches(function.name)) {
    return false;
  }
  if (pattern.schema) {
    return pattern.schema->matches(function.schema);
  }
  const bool any = pattern.name.open && pattern.name.text.empty();
  return any || function.schema == default_schema || function.schema == "pg_catalog";
}

bool means_columns_of(const ColumnPattern& pattern, QualifiedName table, std::string_view default_schema) noexcept {
  return !pattern.table || in_table(pattern.schema, *pattern.table, table, default_schema);
}

bool means_column(const ColumnPattern& pattern, QualifiedName table, std::string_view column,
                  std::string_view default_schema) noexcept {
  return pattern.column.matches(column) && means_columns_of(pattern, table, default_schema);
}

}  // namespace gabion::inspect::sql
