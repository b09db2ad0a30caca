// Which columns of one database are withheld: a rule's patterns, and the numbers its catalogue has for what they mean.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/sql/facts.h"

namespace gabion::proxy::postgres {

/// "schema.table.column"; '*' stands for any characters within its part.
struct MaskPattern {
  std::string schema;
  std::string table;
  std::string column;
  friend auto operator<=>(const MaskPattern&, const MaskPattern&) = default;
};

/// Filled from the answer to query(), which the proxy asks in a session of its own or before the client's first
/// message. Tables and columns made later are unknown until it is asked again; unknown is never taken for clear. A view
/// that reads a withheld column, by itself or through other views, is no clear table.
class MaskCatalogue {
 public:
  static constexpr std::size_t kMostTables = 65'536;  ///< what is beyond stays unknown
  static constexpr std::size_t kMostMasked = 16'384;
  static constexpr std::size_t kMostColumns = 65'536;  ///< of tables that have withheld ones; beyond: not told
  static constexpr std::size_t kQueryColumns = 4;

  explicit MaskCatalogue(std::vector<MaskPattern> patterns) : patterns_(std::move(patterns)) {}

  /// One statement. Names of the pattern are quoted; it needs standard_conforming_strings on.
  [[nodiscard]] std::string query() const;
  /// A row of its answer, in text: word, table, number, name. False: it is none, or there are too many.
  [[nodiscard]] bool add(std::span<const std::string_view> row);
  void clear() noexcept;

  enum class Known : std::uint8_t {
    kMasked,
    kClear,
    kView,  ///< that reads what is withheld: nobody knows in which of its columns
    kUnknown,
  };
  /// `number` 0: the whole row.
  [[nodiscard]] Known find(std::uint32_t table, std::int16_t number) const noexcept;

  /// By the pattern; an empty schema fits every one.
  [[nodiscard]] bool is_masked(std::string_view schema, std::string_view table, std::string_view column) const noexcept;
  /// Whether a withheld value may come out of it, as far as its text tells: it reads a withheld column, all columns of
  /// such a table, a column nobody knows the table of, or a view that does.
  [[nodiscard]] bool is_read_by(const inspect::sql::Statement& statement) const noexcept;
  /// Of a table that has withheld columns, all of them in their order. Empty: nobody knows. An empty schema is `path`.
  struct TableColumn {
    std::string_view name;
    bool is_masked = false;
    bool is_generated = false;  ///< COPY leaves it out unless it is named
  };
  [[nodiscard]] std::vector<TableColumn> columns_of(std::string_view schema, std::string_view table,
                                                    std::string_view path) const;
  /// By name: a view that reads what is withheld.
  [[nodiscard]] bool is_view(std::string_view table) const { return views_.contains(table); }
  /// All columns of it may be withheld ones.
  [[nodiscard]] bool may_have_masked(std::string_view schema, std::string_view table) const noexcept;

  /// Heap bytes, nearly.
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return bytes_; }

  [[nodiscard]] bool empty() const noexcept { return patterns_.empty(); }
  [[nodiscard]] const std::vector<MaskPattern>& patterns() const noexcept { return patterns_; }

 private:
  struct Table {
    std::string schema;
    std::string name;
    std::map<std::int16_t, std::pair<std::string, bool>> columns;  // name, generated
  };
  [[nodiscard]] bool add_to_table(std::uint32_t table, std::int16_t number, std::string_view word,
                                  std::string_view name);

  std::vector<MaskPattern> patterns_;
  std::set<std::pair<std::uint32_t, std::int16_t>> masked_;
  std::map<std::uint32_t, std::int16_t> clear_;  ///< and how many columns it had; 0: any
  std::set<std::string, std::less<>> views_;     ///< by name, that read what is withheld
  std::set<std::uint32_t> view_numbers_;
  std::map<std::uint32_t, Table> tables_;  ///< that have withheld columns
  std::size_t columns_ = 0;                ///< in tables_
  std::size_t bytes_ = 0;
};

}  // namespace gabion::proxy::postgres
