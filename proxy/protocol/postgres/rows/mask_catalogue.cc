// Which columns of one database are withheld: see mask_catalogue.h.
#include "proxy/protocol/postgres/rows/mask_catalogue.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace gabion::proxy::postgres {
namespace {

constexpr std::size_t kNodeBytes = 64;  // of a tree, without its text

bool fits(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

/// As LIKE, whose own operator would be looked up by the search path.
void append_like(std::string& out, std::string_view name, std::string_view pattern) {
  out.append(name).append(" OPERATOR(pg_catalog.~~) pg_catalog.like_escape('");
  for (const char c : pattern) {
    if (c == '*') {
      out.push_back('%');
    } else if (c == '\'') {
      out.append("''");
    } else {
      if (c == '%' || c == '_' || c == '!') {
        out.push_back('!');
      }
      out.push_back(c);
    }
  }
  out.append("', '!')");
}

template <class Number>
std::optional<Number> to_number(std::string_view text) noexcept {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// Names are compared with pg_catalog's own operators whatever the search path is.
constexpr std::string_view kBeforePatterns =
    "WITH RECURSIVE masked AS ("
    "SELECT c.oid AS relation, a.attnum AS number FROM pg_catalog.pg_attribute a "
    "JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid "
    "JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
    "WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped AND c.relkind OPERATOR(pg_catalog.=) ANY "
    "(ARRAY['r','p','f','v','m']::pg_catalog.\"char\"[]) AND (";

constexpr std::string_view kBehindPatterns =
    ")), views AS ("
    "SELECT r.ev_class AS relation FROM masked m JOIN pg_catalog.pg_depend d "
    "ON d.refclassid OPERATOR(pg_catalog.=) 1259 AND d.refobjid OPERATOR(pg_catalog.=) m.relation "
    "AND (d.refobjsubid OPERATOR(pg_catalog.=) 0 OR d.refobjsubid OPERATOR(pg_catalog.=) m.number) AND d.classid "
    "OPERATOR(pg_catalog.=) 2618 "
    "JOIN pg_catalog.pg_rewrite r ON r.oid OPERATOR(pg_catalog.=) d.objid "
    "WHERE r.ev_class OPERATOR(pg_catalog.<>) m.relation "
    "UNION SELECT r.ev_class FROM views v JOIN pg_catalog.pg_depend d "
    "ON d.refclassid OPERATOR(pg_catalog.=) 1259 AND d.refobjid OPERATOR(pg_catalog.=) v.relation "
    "AND d.classid OPERATOR(pg_catalog.=) 2618 "
    "JOIN pg_catalog.pg_rewrite r ON r.oid OPERATOR(pg_catalog.=) d.objid "
    "WHERE r.ev_class OPERATOR(pg_catalog.<>) v.relation) "
    "SELECT 'masked', relation, number, '' FROM masked "
    "UNION ALL SELECT 'view', relation, 0, relname FROM views, pg_catalog.pg_class "
    "WHERE oid OPERATOR(pg_catalog.=) relation "
    "UNION ALL SELECT 'schema', c.oid, 0, n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
    "ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
    "WHERE c.oid OPERATOR(pg_catalog.=) ANY (SELECT relation FROM masked) "
    "UNION ALL SELECT 'table', oid, 0, relname FROM pg_catalog.pg_class "
    "WHERE oid OPERATOR(pg_catalog.=) ANY (SELECT relation FROM masked) "
    "UNION ALL SELECT CASE WHEN attgenerated OPERATOR(pg_catalog.=) '' THEN 'column' ELSE 'generated' END, attrelid, "
    "attnum, attname FROM pg_catalog.pg_attribute WHERE attnum OPERATOR(pg_catalog.>) 0 AND NOT attisdropped "
    "AND attrelid OPERATOR(pg_catalog.=) ANY (SELECT relation FROM masked) "
    "UNION ALL SELECT 'clear', oid, relnatts, '' FROM pg_catalog.pg_class WHERE relkind OPERATOR(pg_catalog.=) ANY "
    "(ARRAY['r','p','f','v','m','S','t']::pg_catalog.\"char\"[]) "
    "AND NOT oid OPERATOR(pg_catalog.=) ANY (SELECT relation FROM views) "
    "LIMIT 200000";

}  // namespace

std::string MaskCatalogue::query() const {
  std::string text(kBeforePatterns);
  text.append(patterns_.empty() ? "false" : "");
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    text.append(i == 0 ? "(" : " OR (");
    append_like(text, "n.nspname", patterns_[i].schema);
    append_like(text.append(" AND "), "c.relname", patterns_[i].table);
    append_like(text.append(" AND "), "a.attname", patterns_[i].column);
    text.push_back(')');
  }
  return text.append(kBehindPatterns);
}

void MaskCatalogue::clear() noexcept {
  masked_.clear();
  clear_.clear();
  views_.clear();
  view_numbers_.clear();
  tables_.clear();
  columns_ = bytes_ = 0;
}

bool MaskCatalogue::add(std::span<const std::string_view> row) {
  const auto table = row.size() == kQueryColumns ? to_number<std::uint32_t>(row[1]) : std::nullopt;
  const auto number = table ? to_number<std::int16_t>(row[2]) : std::nullopt;
  if (!number) {
    return false;
  }
  bytes_ += kNodeBytes + row[3].size();
  if (row[0] == "masked") {
    masked_.emplace(*table, *number);
    return masked_.size() <= kMostMasked;
  }
  if (row[0] == "view") {
    views_.emplace(row[3]);
    view_numbers_.insert(*table);
    return views_.size() <= kMostMasked;
  }
  if (row[0] == "schema" || row[0] == "table" || row[0] == "column" || row[0] == "generated") {
    return add_to_table(*table, *number, row[0], row[3]);
  }
  if (row[0] == "clear" && clear_.size() < kMostTables) {
    clear_.emplace(*table, *number);
  }
  return row[0] == "clear";
}

bool MaskCatalogue::add_to_table(std::uint32_t table, std::int16_t number, std::string_view word,
                                 std::string_view name) {
  Table& known = tables_[table];
  if (word == "schema") {
    known.schema = name;
  } else if (word == "table") {
    known.name = name;
  } else if (++columns_ <= kMostColumns) {
    known.columns[number] = {std::string(name), word == "generated"};
  } else {
    known.columns.clear();
  }
  return tables_.size() <= kMostMasked;
}

std::vector<MaskCatalogue::TableColumn> MaskCatalogue::columns_of(std::string_view schema, std::string_view table,
                                                                  std::string_view path) const {
  std::vector<TableColumn> found;
  const auto known = std::find_if(tables_.begin(), tables_.end(), [&](const auto& one) {
    return one.second.name == table && one.second.schema == (schema.empty() ? path : schema);
  });
  if (known == tables_.end() || columns_ > kMostColumns) {
    return found;
  }
  for (const auto& [number, column] : known->second.columns) {
    found.push_back({column.first, masked_.contains({known->first, number}), column.second});
  }
  return found;
}

MaskCatalogue::Known MaskCatalogue::find(std::uint32_t table, std::int16_t number) const noexcept {
  const auto of_table = masked_.lower_bound({table, std::int16_t{0}});
  if (number == 0 && of_table != masked_.end() && of_table->first == table) {
    return Known::kMasked;
  }
  if (masked_.contains({table, number})) {
    return Known::kMasked;
  }
  if (view_numbers_.contains(table)) {
    return Known::kView;
  }
  const auto known = clear_.find(table);
  return known != clear_.end() && (known->second == 0 || number <= known->second) ? Known::kClear : Known::kUnknown;
}

bool MaskCatalogue::is_masked(std::string_view schema, std::string_view table, std::string_view column) const noexcept {
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const MaskPattern& pattern) {
    return (schema.empty() || fits(pattern.schema, schema)) && fits(pattern.table, table) &&
           (column == "*" || fits(pattern.column, column));
  });
}

bool MaskCatalogue::may_have_masked(std::string_view schema, std::string_view table) const noexcept {
  return is_masked(schema, table, "*") || views_.contains(table);
}

bool MaskCatalogue::is_read_by(const inspect::sql::Statement& statement) const noexcept {
  using inspect::sql::Access;
  bool has_masked = false;
  for (const auto& relation : statement.relations) {
    if (views_.contains(relation.name)) {
      return true;
    }
    has_masked = has_masked || may_have_masked(relation.schema, relation.name);
  }
  if (!has_masked) {
    return false;
  }
  return std::any_of(statement.columns.begin(), statement.columns.end(), [this](const auto& column) {
    if (column.access != Access::kSelect) {
      return false;
    }
    return column.table.empty()
               ? column.column == "*" ||
                     std::any_of(patterns_.begin(), patterns_.end(),
                                 [&column](const MaskPattern& pattern) { return fits(pattern.column, column.column); })
               : is_masked(column.schema, column.table, column.column);
  });
}

}  // namespace gabion::proxy::postgres
