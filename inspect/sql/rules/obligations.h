// What one statement needs of the items of an Allow, and whether an item of a Deny means it (sql §6).
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "inspect/sql/facts.h"
#include "inspect/sql/rules/catalog_names.h"
#include "inspect/sql/rules/sql_rules.h"

namespace gabion::inspect::sql {

/// Asks about one statement of one subject. Borrows everything; allocates nothing.
class Obligations {
 public:
  using Items = std::span<const SqlSubject::Applied>;

  Obligations(const Statement& statement, const SqlSubject& subject, const CatalogNames& catalog) noexcept
      : statement_(statement), subject_(subject), catalog_(catalog) {}

  [[nodiscard]] bool covers_kind(const SqlItem& item) const noexcept;
  [[nodiscard]] bool covers(const SqlItem& item, const Relation& relation) const noexcept;
  [[nodiscard]] bool covers(const SqlItem& item, const Function& function) const noexcept;
  [[nodiscard]] bool covers(const SqlItem& item, const Setting& setting) const noexcept;

  /// Whether the items together cover all of it that one name may mean.
  [[nodiscard]] bool covered(Items items, const Relation& relation) const noexcept;
  [[nodiscard]] bool covered(Items items, const Column& column) const noexcept;
  [[nodiscard]] bool covered(Items items, const Function& function) const noexcept;
  /// What acts on relations it does not name takes an item for its kind that lists no tables and no columns.
  [[nodiscard]] bool covered_unnamed(Items items) const noexcept;

  /// Whether the item is about this statement: it covers some relation of it, its kind where it acts on relations it
  /// does not name or, where there is none, all it does. The
  /// modes and limits of such items count, the strictest of each.
  [[nodiscard]] bool concerns(const SqlItem& item) const noexcept;

  /// Whether an item of a Deny rule means the statement, or may.
  [[nodiscard]] bool meets(const SqlItem& deny) const noexcept;

  /// Whether a column that the pattern means is read, or may be.
  [[nodiscard]] bool reads(const ColumnPattern& pattern) const noexcept;

  /// The schema an Allow takes a name without one to be in, for people.
  [[nodiscard]] std::string_view schema_of(const Relation& relation) const noexcept;
  /// The first schema the function may be in that no item covers it in, for people.
  [[nodiscard]] std::string_view uncovered_schema(Items items, const Function& function) const noexcept;
  [[nodiscard]] std::string_view schema_of_table(std::string_view schema, std::string_view table) const noexcept;

 private:
  [[nodiscard]] bool acts_on_unnamed() const noexcept { return statement_.flags.has(Flag::kUnnamedRelations); }
  /// Where a name without a schema may be: in the server's own schema, in those of the search path, or in either.
  enum class Home : std::uint8_t { kCatalogue, kPath, kEither };
  template <class Test>
  [[nodiscard]] bool certainly(std::string_view schema, std::string_view name, Home home,
                               const Test& test) const noexcept;
  template <class Test>
  [[nodiscard]] bool perhaps(std::string_view schema, std::string_view name, std::string_view catalogue,
                             const Test& test) const noexcept;
  /// The server's own schema if a name without one may be in it, else empty.
  [[nodiscard]] std::string_view catalogue_of_table(std::string_view name) const noexcept;
  [[nodiscard]] Home home_of_table(std::string_view name) const noexcept;
  [[nodiscard]] Home home_of(const Function& function) const noexcept;
  [[nodiscard]] std::string_view catalogue_of(const Function& function) const noexcept;

  [[nodiscard]] bool allows(const SqlItem& item, const Function& function, std::string_view schema) const noexcept;
  [[nodiscard]] bool has_word(const SqlItem& item, Access access) const noexcept;
  /// `schema` and `table` as they are written.
  [[nodiscard]] bool may_read(const SqlItem& item, std::string_view schema, std::string_view table) const noexcept;
  [[nodiscard]] bool covered_in(Items items, std::string_view schema, std::string_view table,
                                const Column& column) const noexcept;
  template <class Test>
  [[nodiscard]] bool any_owner(const Column& column, const Test& test) const noexcept;
  [[nodiscard]] bool meets_names(const SqlItem& deny) const noexcept;
  [[nodiscard]] bool meets_columns(const SqlItem& deny) const noexcept;
  [[nodiscard]] bool meets_kind(const SqlItem& deny) const noexcept;

  const Statement& statement_;
  const SqlSubject& subject_;
  const CatalogNames& catalog_;
};

}  // namespace gabion::inspect::sql
