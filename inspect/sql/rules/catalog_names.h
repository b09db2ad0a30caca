// What PostgreSQL's own schema is known to hold, so that a name without a schema can be told apart.
#pragma once

#include <string_view>
#include <vector>

namespace gabion::inspect::sql {

/// Sorted, one space between.
extern const std::string_view kPgRelations;
extern const std::string_view kPgFunctions;

/// Immutable, about 50 KiB.
class CatalogNames {
 public:
  CatalogNames();

  /// Whether pg_catalog may have a function of this name: PostgreSQL 15 has, or it begins with pg_.
  [[nodiscard]] bool has_function(std::string_view name) const noexcept;
  /// Whether PostgreSQL 15's pg_catalog has it for certain: what begins with pg_ may be of another version, or of
  /// nobody.
  [[nodiscard]] bool has_for_certain(std::string_view function) const noexcept;
  [[nodiscard]] bool has_relation_for_certain(std::string_view name) const noexcept;
  /// Whether pg_catalog.name can do no harm: what an item without `functions` allows.
  [[nodiscard]] bool is_harmless(std::string_view name) const noexcept;

 private:
  std::vector<std::string_view> functions_;
  std::vector<std::string_view> harmless_;
  std::vector<std::string_view> pg_functions_;
  std::vector<std::string_view> pg_relations_;
};

/// Schemas of the server itself: an item allows what is in them only if it writes their name out.
[[nodiscard]] constexpr bool is_system_schema(std::string_view schema) noexcept {
  return schema.starts_with("pg_") || schema == "information_schema";
}

}  // namespace gabion::inspect::sql
