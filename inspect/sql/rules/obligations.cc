// An Allow must cover every schema a name may be resolved in, a Deny means it in any of them.
#include "inspect/sql/rules/obligations.h"

#include <tuple>

namespace gabion::inspect::sql {
namespace {

constexpr std::string_view kCatalogue = "pg_catalog";

/// Runs, reads or writes what no fact is known of: only a rule without items allows it.
constexpr Flags kOnlyTrusted{Flag::kDynamicSql, Flag::kCopyProgram, Flag::kCopyFile};

/// Definitions of code; of what else keeps an expression (views, defaults) the tables are known.
bool defines_routine(std::string_view kind) noexcept {
  for (const std::string_view what :
       {"FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE", "RULE", "TRIGGER", "EXTENSION", "LANGUAGE", "CAST", "OPERATOR",
        "CONVERSION", "SERVER", "FOREIGN", "SUBSCRIPTION", "TRANSFORM"}) {
    if (kind.find(what) != std::string_view::npos) {
      return !kind.starts_with("DROP");
    }
  }
  return kind == "LOAD" || kind == "ALTER SYSTEM";
}

bool is_star(std::string_view column) noexcept {
  return column == "*";
}

}  // namespace

// --- Names

template <class Test>
bool Obligations::certainly(std::string_view schema, std::string_view name, Home home,
                            const Test& test) const noexcept {
  if (!schema.empty()) {
    return test(QualifiedName{schema, name});
  }
  if (home != Home::kPath && !test(QualifiedName{kCatalogue, name})) {
    return false;
  }
  const auto& path = subject_.context().search_path;
  return home == Home::kCatalogue || (!path.empty() && std::all_of(path.begin(), path.end(), [&](const auto& one) {
           return test(QualifiedName{one, name});
         }));
}

template <class Test>
bool Obligations::perhaps(std::string_view schema, std::string_view name, std::string_view catalogue,
                          const Test& test) const noexcept {
  if (!schema.empty()) {
    return test(QualifiedName{schema, name});
  }
  const auto& path = subject_.context().search_path;
  return (!catalogue.empty() && test(QualifiedName{catalogue, name})) || path.empty() ||
         std::any_of(path.begin(), path.end(), [&](const auto& one) {
           return test(QualifiedName{one, name});
         });
}

std::string_view Obligations::catalogue_of_table(std::string_view name) const noexcept {
  return name.starts_with("pg_") ? kCatalogue : std::string_view();
}

std::string_view Obligations::catalogue_of(const Function& function) const noexcept {
  return function.call == Call::kValue || catalog_.has_function(function.name) ? kCatalogue : std::string_view();
}

/// Relations are looked up by name alone, and in pg_catalog first.
Obligations::Home Obligations::home_of_table(std::string_view name) const noexcept {
  if (catalogue_of_table(name).empty()) {
    return Home::kPath;
  }
  return catalog_.has_relation_for_certain(name) ? Home::kCatalogue : Home::kEither;
}

/// Functions are chosen by their arguments: one of the search path that takes just this row goes before the server's
/// own that takes any.
Obligations::Home Obligations::home_of(const Function& function) const noexcept {
  if (catalogue_of(function).empty()) {
    return Home::kPath;
  }
  if (function.call == Call::kValue) {
    return Home::kCatalogue;
  }
  const bool row = function.call == Call::kByName && statement_.flags.has(Flag::kRowValue);
  return !row && catalog_.has_for_certain(function.name) ? Home::kCatalogue : Home::kEither;
}

std::string_view Obligations::schema_of_table(std::string_view schema, std::string_view table) const noexcept {
  if (!schema.empty()) {
    return schema;
  }
  const std::string_view catalogue = catalogue_of_table(table);
  return catalogue.empty() ? subject_.default_schema() : catalogue;
}

std::string_view Obligations::schema_of(const Relation& relation) const noexcept {
  return schema_of_table(relation.schema, relation.name);
}

// --- Allow

bool Obligations::covers_kind(const SqlItem& item) const noexcept {
  if (item.everything) {
    return true;
  }
  return !statement_.flags.any(kOnlyTrusted) && !defines_routine(statement_.kind) &&
         item.has_kind(statement_.kind, statement_.group) &&
         (statement_.inner_kind.empty() || item.has_kind(statement_.inner_kind, Group::kNone));
}

/// Definitions, grants and maintenance come with the word of their command; SELECT INTO takes DDL.
bool Obligations::has_word(const SqlItem& item, Access access) const noexcept {
  return item.has_access(access) || (access == Access::kDdl && statement_.group != Group::kNone &&
                                     item.has_kind(statement_.kind, statement_.group));
}

bool Obligations::covers(const SqlItem& item, const Relation& relation) const noexcept {
  return has_word(item, relation.access) &&
         certainly(relation.schema, relation.name, home_of_table(relation.name),
                   [&](QualifiedName table) { return item.allows_table(table, subject_.default_schema()); });
}

bool Obligations::allows(const SqlItem& item, const Function& function, std::string_view schema) const noexcept {
  const bool shipped_operator = function.call == Call::kOperator && schema == kCatalogue;
  return shipped_operator ||
         item.allows_function(QualifiedName{schema, function.name}, subject_.default_schema(), catalog_);
}

bool Obligations::covers(const SqlItem& item, const Function& function) const noexcept {
  return certainly(function.schema, function.name, home_of(function),
                   [&](QualifiedName name) { return allows(item, function, name.schema); });
}

bool Obligations::covers(const SqlItem& item, const Setting& setting) const noexcept {
  return item.allows_setting(setting.name);
}

bool Obligations::covered(Items items, const Relation& relation) const noexcept {
  return certainly(relation.schema, relation.name, home_of_table(relation.name), [&](QualifiedName table) {
    return std::any_of(items.begin(), items.end(), [&](const auto& one) {
      return has_word(*one.item, relation.access) && one.item->allows_table(table, subject_.default_schema());
    });
  });
}

bool Obligations::covered(Items items, const Function& function) const noexcept {
  return certainly(function.schema, function.name, home_of(function), [&](QualifiedName name) {
    return std::any_of(items.begin(), items.end(),
                       [&](const auto& one) { return allows(*one.item, function, name.schema); });
  });
}

std::string_view Obligations::uncovered_schema(Items items, const Function& function) const noexcept {
  std::string_view schema = subject_.default_schema();
  (void)certainly(function.schema, function.name, home_of(function), [&](QualifiedName name) {
    schema = name.schema;
    return std::any_of(items.begin(), items.end(),
                       [&](const auto& one) { return allows(*one.item, function, name.schema); });
  });
  return schema;
}

/// Reading takes SELECT, as with GRANT. A write may look at its own target in WHERE and ON without it, and an INSERT
/// may tell what it inserted. Where a value is made of columns or told, or the target is read beside, what the
/// conditions look at cannot be told from it.
bool Obligations::may_read(const SqlItem& item, std::string_view schema, std::string_view table) const noexcept {
  if (item.has_access(Access::kSelect)) {
    return true;
  }
  const auto is_before = [](const Relation& one, const Relation& other) {
    return std::tie(one.schema, one.name) < std::tie(other.schema, other.name);
  };
  const auto accesses = std::equal_range(statement_.relations.begin(), statement_.relations.end(),
                                         Relation{schema, table, Access::kSelect}, is_before);
  bool only_insert = true;
  bool writes = false;
  bool told = statement_.flags.has(Flag::kValueRead);
  for (auto relation = accesses.first; relation != accesses.second; ++relation) {
    only_insert = only_insert && relation->access == Access::kInsert;
    writes = writes || (relation->access != Access::kSelect && item.has_access(relation->access));
    told = told || relation->access == Access::kSelect;
  }
  return writes && (only_insert || !told);
}

bool Obligations::covered_in(Items items, std::string_view schema, std::string_view table,
                             const Column& column) const noexcept {
  return certainly(schema, table, home_of_table(table), [&](QualifiedName name) {
    return std::any_of(items.begin(), items.end(), [&](const auto& one) {
      const SqlItem& item = *one.item;
      const bool word =
          column.access == Access::kSelect ? may_read(item, schema, table) : item.has_access(column.access);
      return word && item.allows_table(name, subject_.default_schema()) &&
             item.has_column(name, column.column, subject_.default_schema());
    });
  });
}

bool Obligations::covered(Items items, const Column& column) const noexcept {
  if (!column.table.empty()) {
    return covered_in(items, column.schema, column.table, column);
  }
  return std::all_of(statement_.relations.begin(), statement_.relations.end(), [&](const Relation& relation) {
    return covered_in(items, relation.schema, relation.name, column);
  });
}

bool Obligations::covered_unnamed(Items items) const noexcept {
  return !acts_on_unnamed() || std::any_of(items.begin(), items.end(), [&](const auto& one) {
    return one.item->tables.empty() && one.item->columns.empty() && covers_kind(*one.item);
  });
}

bool Obligations::concerns(const SqlItem& item) const noexcept {
  if (acts_on_unnamed()) {
    return covers_kind(item);
  }
  if (!statement_.relations.empty()) {
    return std::any_of(statement_.relations.begin(), statement_.relations.end(),
                       [&](const Relation& relation) { return covers(item, relation); });
  }
  return covers_kind(item) &&
         std::all_of(statement_.functions.begin(), statement_.functions.end(),
                     [&](const Function& function) { return covers(item, function); }) &&
         std::all_of(statement_.settings.begin(), statement_.settings.end(),
                     [&](const Setting& setting) { return covers(item, setting); });
}

// --- Deny

template <class Test>
bool Obligations::any_owner(const Column& column, const Test& test) const noexcept {
  if (!column.table.empty()) {
    return perhaps(column.schema, column.table, catalogue_of_table(column.table), test);
  }
  return std::any_of(statement_.relations.begin(), statement_.relations.end(), [&](const Relation& relation) {
    return perhaps(relation.schema, relation.name, catalogue_of_table(relation.name), test);
  });
}

bool Obligations::meets_kind(const SqlItem& deny) const noexcept {
  return deny.has_kind(statement_.kind, statement_.group) ||
         (!statement_.inner_kind.empty() && deny.has_kind(statement_.inner_kind, Group::kNone));
}

bool Obligations::meets_columns(const SqlItem& deny) const noexcept {
  const std::string_view schema = subject_.default_schema();
  const bool kind = meets_kind(deny);
  return std::any_of(statement_.columns.begin(), statement_.columns.end(), [&](const Column& column) {
    return (kind || deny.kinds.has(column.access)) && any_owner(column, [&](QualifiedName table) {
             return deny.denies_table(table, schema) &&
                    std::any_of(deny.columns.begin(), deny.columns.end(), [&](const ColumnPattern& one) {
                      return means_column(one, table, column.column, schema) ||
                             (is_star(column.column) && means_columns_of(one, table, schema));
                    });
           });
  });
}

/// The names in `statements`, `tables` and `columns` are about the same relation. A relation that is not named may be
/// any.
bool Obligations::meets_names(const SqlItem& deny) const noexcept {
  if (acts_on_unnamed() && meets_kind(deny)) {
    return true;
  }
  if (!deny.columns.empty()) {
    return meets_columns(deny);
  }
  const auto& relations = statement_.relations;
  if (deny.tables.empty()) {
    return meets_kind(deny) || std::any_of(relations.begin(), relations.end(),
                                           [&](const Relation& relation) { return deny.kinds.has(relation.access); });
  }
  const bool kind = meets_kind(deny);
  return std::any_of(relations.begin(), relations.end(), [&](const Relation& relation) {
    return (kind || deny.kinds.has(relation.access)) &&
           perhaps(relation.schema, relation.name, catalogue_of_table(relation.name),
                   [&](QualifiedName table) { return deny.denies_table(table, subject_.default_schema()); });
  });
}

bool Obligations::meets(const SqlItem& deny) const noexcept {
  if (!meets_names(deny)) {
    return false;
  }
  const bool functions =
      deny.functions.empty() ||
      std::any_of(statement_.functions.begin(), statement_.functions.end(), [&](const Function& function) {
        return perhaps(function.schema, function.name, catalogue_of(function), [&](QualifiedName name) {
          return deny.allows_function(name, subject_.default_schema(), catalog_);
        });
      });
  const bool settings = deny.settings.empty() || std::any_of(statement_.settings.begin(), statement_.settings.end(),
                                                             [&](const Setting& setting) {
                                                               return setting.name == "*" || covers(deny, setting);
                                                             });
  return functions && settings;
}

bool Obligations::reads(const ColumnPattern& pattern) const noexcept {
  const std::string_view schema = subject_.default_schema();
  return std::any_of(statement_.columns.begin(), statement_.columns.end(), [&](const Column& column) {
    return column.access == Access::kSelect && any_owner(column, [&](QualifiedName table) {
             return means_column(pattern, table, column.column, schema) ||
                    (is_star(column.column) && means_columns_of(pattern, table, schema));
           });
  });
}

}  // namespace gabion::inspect::sql
