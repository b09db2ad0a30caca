// One text for each thing a rule can look at, sent by every account.
#include "inspect/policy/statement_samples.h"

#include <algorithm>
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

/// False: they are more than may be asked.
bool add_product(const Names& names, std::vector<SqlRequest>& out) {
  const auto texts = texts_for(names);
  const bool fits = out.size() + texts.size() * names.users.size() * names.databases.size() <= kMaxStatements;
  for (const auto& user : names.users) {
    for (const auto& database : names.databases) {
      for (const auto& text : texts) {
        if (out.size() < kMaxStatements) {
          out.push_back({text, user, database});
        }
      }
    }
  }
  return fits;
}

}  // namespace

StatementSamples sample_statements(const std::vector<const SqlMatch*>& items) {
  StatementSamples samples;
  Names all;
  for (const auto* item : items) {
    add(*item, all);
  }
  add_others(all);
  samples.truncated = !add_product(all, samples.statements);
  if (!samples.truncated) {
    return samples;
  }
  samples.statements.clear();
  for (const auto* item : items) {
    Names own;
    add(*item, own);
    add_others(own);
    static_cast<void>(add_product(own, samples.statements));
  }
  return samples;
}

}  // namespace gabion::inspect::policy
