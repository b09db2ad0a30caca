// From the words of a policy to sets and patterns, and the questions asked of them.
#include "inspect/sql/rules/sql_item.h"

#include <algorithm>
#include <array>

namespace gabion::inspect::sql {
namespace {

using config::kube::RuleAction;
using config::kube::SqlMatch;
using config::kube::SqlWrite;

constexpr std::array<std::pair<std::string_view, Group>, 4> kGroups{
    {{"TCL", Group::kTcl}, {"DDL", Group::kDdl}, {"DCL", Group::kDcl}, {"OTHER", Group::kOther}}};
constexpr std::array<std::pair<std::string_view, Access>, 7> kAccesses{{{"SELECT", Access::kSelect},
                                                                        {"INSERT", Access::kInsert},
                                                                        {"UPDATE", Access::kUpdate},
                                                                        {"DELETE", Access::kDelete},
                                                                        {"TRUNCATE", Access::kTruncate},
                                                                        {"DDL", Access::kDdl},
                                                                        {"LOCK", Access::kLock}}};
/// Commands that come with another's word.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kSiblings{{{"RESET", "SET"}, {"MOVE", "FETCH"}}};

/// What drivers set at start-up, and limits a session gives itself. Sorted.
constexpr std::array<std::string_view, 18> kHarmlessSettings{"application_name",
                                                             "bytea_output",
                                                             "client_min_messages",
                                                             "datestyle",
                                                             "default_transaction_deferrable",
                                                             "default_transaction_isolation",
                                                             "default_transaction_read_only",
                                                             "extra_float_digits",
                                                             "idle_in_transaction_session_timeout",
                                                             "idle_session_timeout",
                                                             "intervalstyle",
                                                             "lock_timeout",
                                                             "statement_timeout",
                                                             "timezone",
                                                             "transaction_deferrable",
                                                             "transaction_isolation",
                                                             "transaction_read_only",
                                                             "xmloption"};

std::uint8_t group_bit(Group group) noexcept {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(group));
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return result;
}

template <class Pattern>
std::vector<Pattern> parse_all(const std::vector<std::string>& texts) {
  std::vector<Pattern> patterns;
  patterns.reserve(texts.size());
  for (const auto& text : texts) {
    patterns.push_back(Pattern::parse(text));
  }
  return patterns;
}

bool any_matches(const std::vector<Segment>& patterns, std::string_view name) noexcept {
  return patterns.empty() || name.empty() ||
         std::any_of(patterns.begin(), patterns.end(), [name](const Segment& one) { return one.matches(name); });
}

void add_modes(const SqlMatch& match, SqlItem& item) {
  for (const SqlWrite write : match.require_where) {
    (write == SqlWrite::kUpdate ? item.where_for_update : item.where_for_delete) = true;
  }
  item.stacked = match.stacked;
  item.injection = match.injection;
  item.taint = match.taint;
  item.limits = match.limits;
  for (const auto& mask : match.mask) {
    item.masks.push_back({ColumnPattern::parse(mask.column), mask.column});
  }
  item.lost_lineage = match.lost_lineage;
  item.fingerprints = match.fingerprints.mode;
  for (const auto& text : match.fingerprints.learnt) {
    if (const auto one = read_fingerprint(text)) {
      item.learnt.push_back(*one);
    }
  }
  std::sort(item.learnt.begin(), item.learnt.end());
}

}  // namespace

void KindSet::add(std::string_view word) {
  for (const auto& [name, access] : kAccesses) {
    accesses_ = static_cast<std::uint8_t>(accesses_ | (name == word ? bit(access) : 0));
  }
  for (const auto& [name, group] : kGroups) {
    if (name == word) {
      groups_ = static_cast<std::uint8_t>(groups_ | group_bit(group));
      return;
    }
  }
  words_.emplace_back(word);
}

bool KindSet::has(std::string_view kind, Group group) const noexcept {
  if (group != Group::kNone && (groups_ & group_bit(group)) != 0) {
    return true;
  }
  const auto sibling =
      std::find_if(kSiblings.begin(), kSiblings.end(), [kind](const auto& pair) { return pair.first == kind; });
  return std::any_of(words_.begin(), words_.end(), [&](const std::string& word) {
    return word == kind || (sibling != kSiblings.end() && word == sibling->second);
  });
}

SqlItem SqlItem::compile(const SqlMatch& match, RuleAction action) {
  SqlItem item;
  item.unlisted = action == RuleAction::kAllow ? Unlisted::kHarmless : Unlisted::kAll;
  item.users = parse_all<Segment>(match.users);
  item.databases = parse_all<Segment>(match.databases);
  for (const auto& word : match.statements) {
    item.kinds.add(word);
  }
  item.tables = parse_all<NamePattern>(match.tables);
  item.columns = parse_all<ColumnPattern>(match.columns);
  item.functions = parse_all<NamePattern>(match.functions);
  for (const auto& setting : match.settings) {
    item.settings.push_back(lower(setting));
  }
  add_modes(match, item);
  for (const auto preset : match.presets) {
    add_preset(preset, item);
  }
  return item;
}

SqlItem SqlItem::for_everything() {
  SqlItem item;
  item.unlisted = Unlisted::kAll;
  item.everything = true;
  item.stacked = config::kube::SqlStacked::kAllow;
  return item;
}

bool SqlItem::is_for(std::string_view user, std::string_view database) const noexcept {
  return any_matches(users, user) && any_matches(databases, database);
}

bool SqlItem::has_access(Access access) const noexcept {
  if (kinds.empty() || kinds.has(access)) {
    return true;
  }
  return access == Access::kLock && (kinds.has(Access::kUpdate) || kinds.has(Access::kDelete));
}

bool SqlItem::allows_table(QualifiedName table, std::string_view default_schema) const noexcept {
  if (everything) {
    return true;
  }
  if (!is_system_schema(table.schema)) {
    return denies_table(table, default_schema);
  }
  return std::any_of(tables.begin(), tables.end(), [&](const NamePattern& one) {
    return !(one.schema && one.schema->open) && means_table(one, table, default_schema);
  });
}

bool SqlItem::denies_table(QualifiedName table, std::string_view default_schema) const noexcept {
  return tables.empty() || std::any_of(tables.begin(), tables.end(),
                                       [&](const NamePattern& one) { return means_table(one, table, default_schema); });
}

bool SqlItem::has_column(QualifiedName table, std::string_view column, std::string_view default_schema) const noexcept {
  return columns.empty() || std::any_of(columns.begin(), columns.end(), [&](const ColumnPattern& one) {
           return means_column(one, table, column, default_schema);
         });
}

bool SqlItem::allows_function(QualifiedName function, std::string_view default_schema,
                              const CatalogNames& catalog) const noexcept {
  if (functions.empty() || also_harmless) {
    if (unlisted == Unlisted::kAll || (function.schema == "pg_catalog" && catalog.is_harmless(function.name))) {
      return true;
    }
  }
  return std::any_of(functions.begin(), functions.end(),
                     [&](const NamePattern& one) { return means_function(one, function, default_schema); });
}

bool SqlItem::allows_setting(std::string_view name) const noexcept {
  if (settings.empty() || also_harmless) {
    if (unlisted == Unlisted::kAll || std::binary_search(kHarmlessSettings.begin(), kHarmlessSettings.end(), name)) {
      return true;
    }
  }
  return std::find(settings.begin(), settings.end(), name) != settings.end();
}

}  // namespace gabion::inspect::sql
