// One text for each thing a rule can look at, sent by every account.
#include "inspect/policy/statement_samples.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

namespace gabion::inspect::policy {
namespace {

using config::kube::SqlMatch;
using config::kube::SqlPreset;
using config::policy::SqlRequest;

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) {
    list.push_back(std::move(text));
  }
}

/// A name that the pattern means.
std::string sample_of(std::string_view pattern) {
  return pattern.ends_with('*') ? std::string(pattern.substr(0, pattern.size() - 1)) + "x" : std::string(pattern);
}

/// `a.b` as `"a"."b"`, each part one that its pattern means.
std::string quoted(std::string_view pattern) {
  std::string text;
  for (std::size_t at = 0; at <= pattern.size();) {
    const std::size_t dot = std::min(pattern.find('.', at), pattern.size());
    text += text.empty() ? "\"" : ".\"";
    for (const char c : sample_of(pattern.substr(at, dot - at))) {
      text += c == '"' ? "\"\"" : std::string(1, c);
    }
    text += '"';
    at = dot + 1;
  }
  return text;
}

/// Names of one kind, as SQL writes them.
struct Names {
  std::vector<std::string> users;
  std::vector<std::string> databases;
  std::vector<std::string> tables;
  std::vector<std::pair<std::string, std::string>> columns;  ///< table, or none for all; column
  std::vector<std::string> functions;
  std::vector<std::string> settings;
  std::vector<std::string> commands;
};

/// A statement for a word of `statements` that no other sample has.
std::string_view text_of_command(std::string_view word) {
  constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"LISTEN", "LISTEN other"},           {"NOTIFY", "NOTIFY other"},  {"DECLARE", "DECLARE c CURSOR FOR SELECT 7"},
      {"PREPARE", "PREPARE p AS SELECT 7"}, {"CALL", "CALL other()"},    {"EXPLAIN", "EXPLAIN SELECT 7"},
      {"DISCARD", "DISCARD ALL"},           {"RESET", "RESET TimeZone"}, {"SHOW", "SHOW TimeZone"},
      {"CHECKPOINT", "CHECKPOINT"},
  };
  const auto* const found =
      std::find_if(std::begin(kTexts), std::end(kTexts), [word](const auto& one) { return one.first == word; });
  return found == std::end(kTexts) ? std::string_view() : found->second;
}

void add_column(const std::string& pattern, Names& names) {
  const std::size_t dot = pattern.rfind('.');
  const std::string table = dot == std::string::npos ? "" : quoted(pattern.substr(0, dot));
  const std::string column = dot == std::string::npos ? pattern : pattern.substr(dot + 1);
  const std::pair made(table, column == "*" ? column : quoted(column));
  if (std::find(names.columns.begin(), names.columns.end(), made) == names.columns.end()) {
    names.columns.push_back(made);
  }
  if (!table.empty()) {
    add_once(names.tables, table);
  }
}

void add(const SqlMatch& item, Names& names) {
  for (const auto& [from, to] : {std::pair(&item.users, &names.users), std::pair(&item.databases, &names.databases),
                                 std::pair(&item.settings, &names.settings)}) {
    for (const auto& pattern : *from) {
      add_once(*to, sample_of(pattern));
    }
  }
  for (const auto& pattern : item.tables) {
    add_once(names.tables, quoted(pattern));
  }
  for (const auto& pattern : item.functions) {
    add_once(names.functions, quoted(pattern));
  }
  for (const auto& pattern : item.columns) {
    add_column(pattern, names);
  }
  for (const auto& mask : item.mask) {
    add_column(mask.column, names);
  }
  for (const auto& word : item.statements) {
    add_once(names.commands, word);
  }
  for (const SqlPreset preset : item.presets) {
    add_once(names.tables, "\"pg_catalog\".\"pg_class\"");
    if (preset == SqlPreset::kPgDump) {
      add_once(names.tables, "\"pg_catalog\".\"pg_depend\"");
    }
  }
}

/// One of each that nobody names, so that what a rule misses is asked about too.
void add_others(Names& names) {
  add_once(names.users, "other");
  add_once(names.databases, "other");
  add_once(names.tables, "\"public\".\"other\"");
  if (std::find(names.columns.begin(), names.columns.end(), std::pair<std::string, std::string>("", "*")) ==
      names.columns.end()) {
    names.columns.emplace_back("", "*");
  }
  names.columns.emplace_back("", "\"other\"");
  add_once(names.functions, "\"public\".\"other\"");
  for (const char* setting : {"TimeZone", "work_mem"}) {
    add_once(names.settings, setting);
  }
}

void add_column_texts(const std::string& table, const std::string& column, std::vector<std::string>& texts) {
  texts.push_back("SELECT " + column + " FROM " + table);
  if (column == "*") {
    return;
  }
  texts.push_back("SELECT " + column + " || '' FROM " + table);
  texts.push_back("UPDATE " + table + " SET " + column + " = NULL WHERE " + column + " = 7");
  texts.push_back("INSERT INTO " + table + " (" + column + ") VALUES (7)");
  texts.push_back("DELETE FROM " + table + " WHERE " + column + " = 7");
}

void add_table_texts(const std::string& table, const Names& names, std::vector<std::string>& texts) {
  for (const auto& [of, column] : names.columns) {
    if (of.empty() || of == table) {
      add_column_texts(table, column, texts);
    }
  }
  const std::string& any =
      names.columns.front().second == "*" ? names.columns.back().second : names.columns.front().second;
  texts.push_back("SELECT " + any + " FROM " + table + " WHERE " + any + " = 7 OR 1 = 1");
  texts.push_back("SELECT 7 FROM " + table + "; SELECT 7 FROM " + table);
  texts.push_back("UPDATE " + table + " SET " + any + " = NULL");
  texts.push_back("DELETE FROM " + table);
  texts.push_back("TRUNCATE " + table);
  texts.push_back("COPY " + table + " TO STDOUT");
  texts.push_back("COPY " + table + " FROM STDIN");
  texts.push_back("LOCK TABLE " + table);
  texts.push_back("CREATE TABLE " + table + " (a int)");
  texts.push_back("DROP TABLE " + table);
  texts.push_back("GRANT SELECT ON " + table + " TO other");
}

std::vector<std::string> texts_for(const Names& names) {
  std::vector<std::string> texts{"SELECT 7", "BEGIN", "DO 'x'", "VACUUM"};
  for (const auto& table : names.tables) {
    add_table_texts(table, names, texts);
  }
  for (const auto& function : names.functions) {
    texts.push_back("SELECT " + function + "()");
  }
  for (const auto& setting : names.settings) {
    texts.push_back("SET " + setting + " TO DEFAULT");
  }
  for (const auto& command : names.commands) {
    if (const auto text = text_of_command(command); !text.empty()) {
      texts.emplace_back(text);
    }
  }
  return texts;
}

/// What some names are asked about: every text by every user in every database.
struct Product {
  Names names;
  std::vector<std::string> texts;

  explicit Product(Names given) : names(std::move(given)), texts(texts_for(names)) {}
  [[nodiscard]] std::size_t size() const noexcept { return texts.size() * names.users.size() * names.databases.size(); }
  /// At most `most` of them: as many texts of the first user in the first database as there can be, from all over the
  /// list, then those of the others.
  void add_to(std::vector<SqlRequest>& out, std::size_t most) const;
};

void Product::add_to(std::vector<SqlRequest>& out, std::size_t most) const {
  const std::size_t count = std::min(most, size());
  const bool is_part_of_first = count < texts.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t text = is_part_of_first ? i * texts.size() / count : i % texts.size();
    const std::size_t pair = i / texts.size();
    out.push_back(
        {texts[text], names.users[pair / names.databases.size()], names.databases[pair % names.databases.size()]});
  }
}

/// How many of kMaxStatements each may ask: who needs least is served first, and what it leaves is shared by the rest.
std::vector<std::size_t> shares_of(const std::vector<Product>& products) {
  std::vector<std::size_t> order(products.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return products[a].size() < products[b].size(); });
  std::vector<std::size_t> shares(products.size());
  std::size_t left = kMaxStatements;
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::size_t& share = shares[order[i]];
    share = std::min(products[order[i]].size(), left / (order.size() - i));
    left -= share;
  }
  return shares;
}

}  // namespace

StatementSamples sample_statements(const std::vector<const SqlMatch*>& items) {
  StatementSamples samples;
  Names all;
  for (const auto* item : items) {
    add(*item, all);
  }
  add_others(all);
  const Product whole(std::move(all));
  samples.truncated = whole.size() > kMaxStatements;
  if (!samples.truncated) {
    whole.add_to(samples.statements, kMaxStatements);
    return samples;
  }
  std::vector<Product> products;
  for (const auto* item : items) {
    Names own;
    add(*item, own);
    add_others(own);
    products.emplace_back(std::move(own));
  }
  const auto shares = shares_of(products);
  for (std::size_t i = 0; i < products.size(); ++i) {
    products[i].add_to(samples.statements, shares[i]);
    samples.cut_items += shares[i] < products[i].size() ? 1 : 0;
    samples.left_out += products[i].size() - shares[i];
  }
  return samples;
}

}  // namespace gabion::inspect::policy
