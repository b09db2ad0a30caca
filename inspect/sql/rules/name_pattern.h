// Patterns over names of tables, functions and columns: `*` stands at the end of a segment and never meets a dot.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gabion::inspect::sql {

/// "name", "name*" or "*".
struct Segment {
  std::string text;
  bool open = false;  ///< anything may follow

  [[nodiscard]] static Segment parse(std::string_view pattern);
  [[nodiscard]] bool matches(std::string_view name) const noexcept {
    return open ? name.starts_with(text) : name == text;
  }
};

/// "name" or "schema.name".
struct NamePattern {
  std::optional<Segment> schema;
  Segment name;

  [[nodiscard]] static NamePattern parse(std::string_view pattern);
};

/// "column", "table.column" or "schema.table.column".
struct ColumnPattern {
  std::optional<Segment> schema;
  std::optional<Segment> table;
  Segment column;

  [[nodiscard]] static ColumnPattern parse(std::string_view pattern);
};

/// A name as it was resolved.
struct QualifiedName {
  std::string_view schema;
  std::string_view name;
};

/// Whether a pattern of a table means it. A pattern without a schema means `default_schema`, and the server's own when
/// it begins with pg_.
[[nodiscard]] bool means_table(const NamePattern& pattern, QualifiedName table,
                               std::string_view default_schema) noexcept;
/// A pattern without a schema means `default_schema` and pg_catalog; "*" alone means any function.
[[nodiscard]] bool means_function(const NamePattern& pattern, QualifiedName function,
                                  std::string_view default_schema) noexcept;
/// Whether the columns a pattern means may be of this table. The parts it leaves out are not compared, but for the
/// schema of one that names a table.
[[nodiscard]] bool means_columns_of(const ColumnPattern& pattern, QualifiedName table,
                                    std::string_view default_schema) noexcept;
[[nodiscard]] bool means_column(const ColumnPattern& pattern, QualifiedName table, std::string_view column,
                                std::string_view default_schema) noexcept;

}  // namespace gabion::inspect::sql
