// The sql items of an L7 rule: what this version enforces is read, the rest of the guide's fields is refused by name.
#include <algorithm>
#include <array>
#include <utility>

#include "config/kube/l7_conditions.h"
#include "config/kube/l7_text.h"

namespace gabion::config::kube {
namespace {

constexpr ItemCount kUpTo2{1, 2};
constexpr ItemCount kUpTo5{1, 5};
constexpr ItemCount kUpTo16{1, 16};
constexpr ItemCount kUpTo32{1, 32};
constexpr ItemCount kUpTo64{1, 64};
constexpr ItemCount kUpTo1024{1, 1024};
constexpr std::int64_t kMostRows = 1'000'000'000;
constexpr std::int64_t kMostResultBytes = std::int64_t{1} << 40U;
constexpr std::int64_t kMostStatementBytes = 16 << 20;
constexpr std::string_view kPatternRule = "must be name, name* or *, maybe after schema.";
constexpr std::string_view kColumnRule = "must be column, table.column or schema.table.column, each name, name* or *";

void check_all(Fields& fields, std::string_view key, const std::vector<std::string>& texts,
               bool (*accepted)(std::string_view) noexcept, std::string_view what, Report& report) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!accepted(texts[i])) {
      report.add(item_path(fields.path_of(key), i), fields.line(), what);
    }
  }
}

std::vector<std::string> read_names(Fields& fields, std::string_view key, ItemCount count,
                                    bool (*accepted)(std::string_view) noexcept, std::string_view what,
                                    Report& report) {
  auto names = fields.texts(key, count);
  check_all(fields, key, names, accepted, what, report);
  return names;
}

/// A word of which YAML makes a bool when nobody quotes it: plain Off.
std::optional<std::size_t> word_or_off(Fields& fields, std::string_view key,
                                       const std::vector<std::string_view>& words) {
  const auto* value = fields.find(key);
  if (value != nullptr && value->kind() == YamlKind::kBool && value->text() == "Off") {
    return static_cast<std::size_t>(std::find(words.begin(), words.end(), "Off") - words.begin());
  }
  return fields.word(key, words);
}

std::optional<std::uint64_t> read_limit(Fields& fields, std::string_view key, std::int64_t most) {
  const auto value = fields.integer(key);
  if (!value) {
    return std::nullopt;
  }
  if (*value < 1 || *value > most) {
    fields.report(key, "must be from 1 to " + std::to_string(most));
  }
  return static_cast<std::uint64_t>(*value);
}

SqlLimits read_limits(const YamlValue& value, const std::string& path, Report& report) {
  SqlLimits made;
  Fields fields(value, path, report, Nulls::kRefused);
  made.rows = read_limit(fields, "rows", kMostRows);
  made.bytes = read_limit(fields, "bytes", kMostResultBytes);
  made.statement_bytes = read_limit(fields, "statementBytes", kMostStatementBytes);
  if (fields.refuse_others() == 0 && fields.size() == 0) {
    report.add(path, fields.line(), "must have rows, bytes or statementBytes");
  }
  return made;
}

SqlMask read_mask(const YamlValue& value, const std::string& path, Report& report) {
  SqlMask made;
  Fields fields(value, path, report, Nulls::kRefused);
  fields.require("column");
  fields.require("with");
  made.column = fields.text("column").value_or("x");
  if (!is_sql_column(made.column)) {
    fields.report("column", kColumnRule);
  }
  (void)fields.word("with", {"Redact"});
  fields.refuse_others();
  return made;
}

/// "9e3ec818c32c423c-01def9fde0013001"
bool is_fingerprint(std::string_view text) noexcept {
  constexpr std::size_t kHalf = 16;
  if (text.size() != 2 * kHalf + 1 || text[kHalf] != '-') {
    return false;
  }
  return text.find_first_not_of("0123456789abcdef") == kHalf &&
         text.find_first_not_of("0123456789abcdef", kHalf + 1) == std::string_view::npos;
}

SqlFingerprints read_fingerprints(const YamlValue& value, const std::string& path, Report& report) {
  SqlFingerprints made;
  Fields fields(value, path, report, Nulls::kRefused);
  fields.require("mode");
  if (const auto word = word_or_off(fields, "mode", {"Off", "Learn", "Enforce"})) {
    made.mode = static_cast<SqlFingerprints::Mode>(*word);
  }
  made.learnt = read_names(fields, "learnt", kUpTo1024, is_fingerprint,
                           "must be two hashes of 16 digits as gabion sql learn writes them", report);
  if (made.mode == SqlFingerprints::Mode::kEnforce && fields.find("learnt") == nullptr) {
    fields.report("learnt", "must list what may pass");
  }
  fields.refuse_others();
  return made;
}

template <class Word>
std::vector<Word> read_words(Fields& fields, std::string_view key, ItemCount count,
                             const std::vector<std::string_view>& words, Report& report) {
  std::vector<Word> made;
  const auto given = fields.texts(key, count);
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto found = std::find(words.begin(), words.end(), given[i]);
    if (found == words.end()) {
      std::string list;
      for (const auto& word : words) {
        list += (list.empty() ? "" : ", ") + std::string(word);
      }
      report.add(item_path(fields.path_of(key), i), fields.line(), "must be one of " + list);
    } else {
      made.push_back(static_cast<Word>(found - words.begin()));
    }
  }
  return made;
}

void read_name_lists(Fields& fields, SqlMatch& made, Report& report) {
  made.users = read_names(fields, "users", kUpTo32, is_sql_account, "must have 1 to 128 bytes", report);
  made.databases = read_names(fields, "databases", kUpTo32, is_sql_account, "must have 1 to 128 bytes", report);
  made.statements = read_names(fields, "statements", kUpTo32, is_sql_word, "is no statement word", report);
  made.tables = read_names(fields, "tables", kUpTo64, is_sql_pattern, kPatternRule, report);
  made.columns = read_names(fields, "columns", kUpTo64, is_sql_column, kColumnRule, report);
  made.functions = read_names(fields, "functions", kUpTo64, is_sql_pattern, kPatternRule, report);
  made.settings =
      read_names(fields, "settings", kUpTo64, is_sql_setting,
                 "must be the name of a setting, and not of one that changes how statements are read", report);
}

void read_modes(Fields& fields, SqlMatch& made, Report& report) {
  made.require_where = read_words<SqlWrite>(fields, "requireWhere", kUpTo2, {"UPDATE", "DELETE"}, report);
  if (const auto word = fields.word("stackedStatements", {"Deny", "Allow"})) {
    made.stacked = static_cast<SqlStacked>(*word);
  }
  if (const auto word = word_or_off(fields, "injection", {"Off", "Log", "Deny"})) {
    made.injection = static_cast<SqlInjection>(*word);
  }
  if (const auto word = word_or_off(fields, "taint", {"Off", "Log", "Deny"})) {
    made.taint = static_cast<SqlTaint>(*word);
  }
  if (const auto* limits = fields.map("limits")) {
    made.limits = read_limits(*limits, fields.path_of("limits"), report);
  }
  if (const auto* list = fields.list("mask", kUpTo16)) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      made.mask.push_back(read_mask(list->items()[i], item_path(fields.path_of("mask"), i), report));
    }
  }
  if (const auto word = fields.word("lostLineage", {"Deny", "Scan"})) {
    made.lost_lineage = static_cast<SqlLostLineage>(*word);
    if (made.mask.empty()) {
      fields.report("mask", "lostLineage needs it");
    }
  }
  if (const auto* fingerprints = fields.map("fingerprints")) {
    made.fingerprints = read_fingerprints(*fingerprints, fields.path_of("fingerprints"), report);
  }
}

void check_presets(Fields& fields, const SqlMatch& made) {
  const bool names = !made.statements.empty() || !made.tables.empty() || !made.columns.empty() ||
                     !made.functions.empty() || !made.settings.empty();
  if (!made.presets.empty() && names) {
    fields.report("presets", "stands for statements, tables and functions of its own: give it an item of its own");
  }
}

}  // namespace

SqlMatch read_sql_match(const YamlValue& value, const std::string& path, Report& report) {
  SqlMatch made;
  Fields fields(value, path, report, Nulls::kRefused);
  read_name_lists(fields, made, report);
  made.presets =
      read_words<SqlPreset>(fields, "presets", kUpTo5, {"psql", "jdbc", "asyncpg", "sqlalchemy", "pg_dump"}, report);
  read_modes(fields, made, report);
  if (fields.refuse_others() == 0 && fields.size() == 0) {
    report.add(path, fields.line(), "must have a condition");
  }
  check_presets(fields, made);
  return made;
}

void check_deny_sql(const YamlValue& value, const std::string& path, Report& report) {
  for (const std::string_view key : {"presets", "requireWhere", "stackedStatements", "limits", "mask", "lostLineage",
                                     "fingerprints", "taint", "injection"}) {
    if (value.find(key) != nullptr) {
      report.add(path + "." + std::string(key), value.line(), "is for Allow rules");
    }
  }
}

}  // namespace gabion::config::kube
