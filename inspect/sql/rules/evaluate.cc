// Every check leaves the ruling alone or refuses; the first refusal ends it.
#include "inspect/sql/rules/evaluate.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

#include "inspect/sql/rules/judging_cost.h"
#include "inspect/sql/rules/obligations.h"

namespace gabion::inspect::sql {
namespace {

using config::kube::SqlInjection;
using config::kube::SqlStacked;

SqlReason reason_of(ParseError error) noexcept {
  switch (error) {
    case ParseError::kNone:
      return SqlReason::kAllowed;
    case ParseError::kSyntax:
      return SqlReason::kParseError;
    case ParseError::kNulByte:
      return SqlReason::kNulByte;
    case ParseError::kTooLong:
      return SqlReason::kTooLong;
    case ParseError::kTooDeep:
      return SqlReason::kTooDeep;
    case ParseError::kUnknownNode:
      return SqlReason::kUnknownNode;
    case ParseError::kEncoding:
      return SqlReason::kEncoding;
  }
  return SqlReason::kUnknownNode;
}

std::string dotted(std::string_view schema, std::string_view name) {
  std::string text(schema);
  text += schema.empty() ? "" : ".";
  text += name;
  return text;
}

void refuse(SqlRuling& ruling, SqlReason reason, std::string object, SqlRules::Number rule = SqlRules::kNoRule) {
  ruling.reason = reason;
  ruling.object = std::move(object);
  ruling.rule = rule;
}

/// RESET and DISCARD go back to what login set, which the session saw.
bool goes_back(const Statement& statement) noexcept {
  return statement.kind == "RESET" || statement.kind.starts_with("DISCARD");
}

bool among(std::span<const std::string_view> list, std::string_view name) noexcept {
  return std::find(list.begin(), list.end(), name) != list.end();
}

constexpr std::array<std::string_view, 4> kLexer{"standard_conforming_strings", "backslash_quote", "client_encoding",
                                                 "names"};

/// Set to what every session is pinned to: nothing changes.
bool is_as_pinned(const Statement& statement, std::string_view setting) noexcept {
  return !statement.flags.has(Flag::kLexerSetting) && among(kLexer, setting);
}

/// A setting that nobody may change, as far as these rules look at names. Empty: none.
std::string_view refused_setting(const Statement& statement, bool by_name) noexcept {
  constexpr std::array<std::string_view, 4> kNames{"search_path", "schema", "role", "session_authorization"};
  if (goes_back(statement)) {
    return {};
  }
  for (const auto& setting : statement.settings) {
    const bool is_lexers = among(kLexer, setting.name) && !is_as_pinned(statement, setting.name);
    if (setting.name == "*" || is_lexers || (by_name && among(kNames, setting.name))) {
      return setting.name;
    }
  }
  if (statement.flags.has(Flag::kLexerSetting)) {
    return "lexer";
  }
  return by_name && statement.flags.has(Flag::kNameSetting) ? std::string_view("names") : std::string_view();
}

bool has_access(const Statement& statement, Access access) noexcept {
  return std::any_of(statement.relations.begin(), statement.relations.end(),
                     [access](const Relation& relation) { return relation.access == access; });
}

/// The lower of a limit and one that is there; 0: none.
std::uint64_t stricter(std::uint64_t limit, const std::optional<std::uint64_t>& other) noexcept {
  return !other ? limit : limit == 0 ? *other : std::min(limit, *other);
}

/// Its columns are told by its text alone: a star among others, or beside other columns that are read, hides which.
bool may_mask_copy(const Statement& statement, const SqlSubject& subject) {
  const bool has_star = std::any_of(statement.outputs.begin(), statement.outputs.end(),
                                    [](const Output& output) { return output.lineage == Lineage::kStar; });
  const bool is_one_star =
      statement.outputs.size() == 1 && statement.relations.size() == 1 && statement.columns.size() == 1;
  return subject.context().abilities.masks_copies && (!has_star || is_one_star);
}

}  // namespace

std::string_view injection_sign(const Flags& flags) noexcept {
  constexpr std::array<std::pair<Flag, std::string_view>, 5> kSigns{
      {{Flag::kTautology, "tautology"},
       {Flag::kConstantOr, "constant-or"},
       {Flag::kConstantUnion, "constant-union"},
       {Flag::kConstantCase, "constant-case"},
       {Flag::kConstantComparison, "constant-comparison"}}};
  for (const auto& [flag, name] : kSigns) {
    if (flags.has(flag)) {
      return name;
    }
  }
  return {};
}

void Evaluator::find_concerned(const Asked& asked) {
  const auto& allows = asked.view.allows;
  concerned_.assign(allows.size(), 0);
  for (const auto& statement : asked.facts.statements()) {
    const Obligations needs(statement, asked.subject, catalog_);
    for (std::size_t i = 0; i < allows.size(); ++i) {
      concerned_[i] = concerned_[i] != 0 || needs.concerns(*allows[i].item) ? 1 : 0;
    }
  }
}

bool Evaluator::is_stacked(const Asked& asked) const {
  if (asked.facts.statements().size() < 2 || !asked.view.closed) {
    return false;
  }
  bool some = false;
  for (std::size_t i = 0; i < concerned_.size(); ++i) {
    if (concerned_[i] != 0 && asked.view.allows[i].item->stacked == SqlStacked::kDeny) {
      return true;
    }
    some = some || concerned_[i] != 0;
  }
  return !some;
}

SqlRules::Number Evaluator::denied_by(const Asked& asked) const {
  for (const auto& statement : asked.facts.statements()) {
    const Obligations needs(statement, asked.subject, catalog_);
    for (const auto& deny : asked.view.denies) {
      if (needs.meets(*deny.item)) {
        return deny.rule;
      }
    }
  }
  return SqlRules::kNoRule;
}

void Evaluator::check_names(const Statement& statement, const Obligations& needs, const Asked& asked,
                            SqlRuling& ruling) const {
  const Obligations::Items items(asked.view.allows);
  if (std::none_of(items.begin(), items.end(), [&](const auto& one) { return needs.covers_kind(*one.item); })) {
    return refuse(ruling, SqlReason::kKind, std::string(statement.kind));
  }
  if (!needs.covered_unnamed(items)) {
    return refuse(ruling, SqlReason::kTable, "*");
  }
  for (const auto& relation : statement.relations) {
    if (!needs.covered(items, relation)) {
      return refuse(ruling, SqlReason::kTable, dotted(needs.schema_of(relation), relation.name));
    }
  }
  for (const auto& column : statement.columns) {
    if (!needs.covered(items, column)) {
      const auto schema =
          column.table.empty() ? std::string_view() : needs.schema_of_table(column.schema, column.table);
      return refuse(ruling, SqlReason::kColumn, dotted(schema, dotted(column.table, column.column)));
    }
  }
  for (const auto& function : statement.functions) {
    if (!needs.covered(items, function)) {
      return refuse(ruling, SqlReason::kFunction, dotted(needs.uncovered_schema(items, function), function.name));
    }
  }
  for (const auto& setting : statement.settings) {
    const bool covered =
        (setting.name == "*" && goes_back(statement)) || is_as_pinned(statement, setting.name) ||
        std::any_of(items.begin(), items.end(), [&](const auto& one) { return needs.covers(*one.item, setting); });
    if (!covered) {
      return refuse(ruling, SqlReason::kSetting, std::string(setting.name));
    }
  }
}

void Evaluator::check_masks(const Statement& statement, const Obligations& needs, const SqlItem& item,
                            const Asked& asked, SqlRuling& ruling) const {
  const auto lost = [](const Output& output) { return output.lineage == Lineage::kUnknown; };
  for (const auto& mask : item.masks) {
    if (!needs.reads(mask.pattern)) {
      continue;
    }
    const bool coverable =
        asked.subject.context().abilities.masks_columns &&
        (!statement.flags.has(Flag::kCopyToStdout) || may_mask_copy(statement, asked.subject)) &&
        (asked.view.scans_lost || std::none_of(statement.outputs.begin(), statement.outputs.end(), lost));
    if (!coverable) {
      return refuse(ruling, SqlReason::kMasking, mask.text);
    }
    if (std::find(ruling.masks.begin(), ruling.masks.end(), mask.text) == ruling.masks.end()) {
      ruling.masks.push_back(mask.text);
    }
  }
}

/// Told unless every item that concerns the statement says Off.
void Evaluator::check_signs(const Statement& statement, const Asked& asked, SqlRuling& ruling) const {
  const std::string_view sign = injection_sign(statement.flags);
  if (sign.empty()) {
    return;
  }
  bool off = false;
  bool told = false;
  const auto& allows = asked.view.allows;
  for (std::size_t i = 0; i < allows.size(); ++i) {
    const SqlInjection mode = concerned_[i] != 0 ? allows[i].item->injection : SqlInjection::kOff;
    off = off || (concerned_[i] != 0 && mode == SqlInjection::kOff);
    told = told || mode != SqlInjection::kOff;
    if (mode == SqlInjection::kDeny) {
      refuse(ruling, SqlReason::kInjection, std::string(sign), allows[i].rule);
      break;
    }
  }
  ruling.looks_injected = ruling.looks_injected || told || !off;
}

void Evaluator::check_learnt(const Statement& statement, const Asked& asked, SqlRuling& ruling) {
  const std::string_view own = asked.text.substr(statement.offset, statement.length);
  auto found = find_unlearnt(statement, own, asked.view.allows, concerned_, prints_);
  if (!found) {
    return;
  }
  // What an enforcing item allows, it allows to what was learnt: others must be covered without it.
  SqlSubject::View others;
  others.closed = asked.view.closed;
  std::copy_if(asked.view.allows.begin(), asked.view.allows.end(), std::back_inserter(others.allows),
               [](const auto& one) { return one.item->fingerprints != config::kube::SqlFingerprints::Mode::kEnforce; });
  SqlRuling without;
  if (others.closed && others.allows.size() != asked.view.allows.size()) {
    const Obligations needs(statement, asked.subject, catalog_);
    check_names(statement, needs, {asked.facts, asked.text, asked.subject, others}, without);
  }
  if (found->is_refused || !without.allowed()) {
    refuse(ruling, SqlReason::kFingerprint, std::move(found->object), found->rule);
  } else if (found->is_told) {
    ruling.unlearnt = std::move(found->object);
    ruling.unlearnt_rule = found->rule;
  }
}

/// What the items that concern the statement demand beyond names; the strictest counts.
void Evaluator::check_modes(const Statement& statement, const Obligations& needs, const Asked& asked,
                            SqlRuling& ruling) {
  const auto& allows = asked.view.allows;
  const bool unbounded = statement.flags.any({Flag::kWherelessWrite, Flag::kTautologicalWrite});
  const bool update = unbounded && has_access(statement, Access::kUpdate);
  const bool erase = unbounded && has_access(statement, Access::kDelete);
  for (std::size_t i = 0; i < allows.size() && unbounded; ++i) {
    const SqlItem& item = *allows[i].item;
    if (concerned_[i] != 0 && ((update && item.where_for_update) || (erase && item.where_for_delete))) {
      return refuse(ruling, SqlReason::kWhereRequired, update && item.where_for_update ? "UPDATE" : "DELETE",
                    allows[i].rule);
    }
  }
  check_learnt(statement, asked, ruling);
  if (ruling.allowed()) {
    check_signs(statement, asked, ruling);
  }
  for (std::size_t i = 0; i < allows.size() && ruling.allowed(); ++i) {
    if (concerned_[i] != 0) {
      check_masks(statement, needs, *allows[i].item, asked, ruling);
    }
  }
}

void Evaluator::check_statements(const Asked& asked, SqlRuling& ruling) {
  for (const auto& statement : asked.facts.statements()) {
    const Obligations needs(statement, asked.subject, catalog_);
    if (asked.view.closed) {
      check_names(statement, needs, asked, ruling);
    }
    const std::string_view refused = refused_setting(statement, asked.view.by_name);
    if (ruling.allowed() && !refused.empty()) {
      refuse(ruling, SqlReason::kSetting, std::string(refused));
    }
    if (ruling.allowed()) {
      check_modes(statement, needs, asked, ruling);
    }
    if (!ruling.allowed()) {
      return;
    }
  }
}

/// Where no rule concerns the statement the default counts.
void Evaluator::add_taint(const Asked& asked, SqlRuling& ruling) const {
  const auto& allows = asked.view.allows;
  for (std::size_t i = 0; i < allows.size(); ++i) {
    const bool first = ruling.taint_rule == SqlRules::kNoRule;
    if (concerned_[i] != 0 && (first || allows[i].item->taint > ruling.taint)) {
      ruling.taint = allows[i].item->taint;
      ruling.taint_rule = allows[i].rule;
    }
  }
}

void Evaluator::add_limits(const Asked& asked, SqlRuling& ruling) const {
  const auto& allows = asked.view.allows;
  for (std::size_t i = 0; i < allows.size(); ++i) {
    if (concerned_[i] == 0) {
      continue;
    }
    ruling.rule = ruling.rule == SqlRules::kNoRule ? allows[i].rule : ruling.rule;
    ruling.rows = stricter(ruling.rows, allows[i].item->limits.rows);
    ruling.bytes = stricter(ruling.bytes, allows[i].item->limits.bytes);
    if ((ruling.rows != 0 || ruling.bytes != 0) && !asked.subject.context().abilities.counts_rows) {
      return refuse(ruling, SqlReason::kRowLimit, "results are not counted here", allows[i].rule);
    }
  }
}

SqlRuling Evaluator::judge(const Facts& facts, std::string_view text, const SqlSubject& subject,
                           const SqlSubject::View& view) {
  const Asked asked{facts, text, subject, view};
  SqlRuling ruling;
  if (facts.error() != ParseError::kNone) {
    refuse(ruling, reason_of(facts.error()), "");
    return ruling;
  }
  if (text.size() > view.most_bytes) {
    refuse(ruling, SqlReason::kTooLong, "");
    return ruling;
  }
  if (facts.statements().empty()) {
    return ruling;
  }
  if (!can_be_judged(facts, subject, view)) {
    refuse(ruling, SqlReason::kTooDeep, "names");
    return ruling;
  }
  find_concerned(asked);
  for (std::size_t i = 0; i < concerned_.size(); ++i) {
    const auto most = view.allows[i].item->limits.statement_bytes.value_or(SqlSubject::kMostStatementBytes);
    if (concerned_[i] != 0 && text.size() > most) {
      refuse(ruling, SqlReason::kTooLong, "", view.allows[i].rule);
      return ruling;
    }
  }
  if (is_stacked(asked)) {
    refuse(ruling, SqlReason::kStacked, std::to_string(facts.statements().size()) + " statements");
    return ruling;
  }
  if (const auto rule = denied_by(asked); rule != SqlRules::kNoRule) {
    refuse(ruling, SqlReason::kDenyRule, std::string(subject.rules().name_of(rule)), rule);
    return ruling;
  }
  if (view.closed && view.allows.empty()) {
    refuse(ruling, SqlReason::kNoRule, "");
    return ruling;
  }
  check_statements(asked, ruling);
  if (ruling.allowed()) {
    add_taint(asked, ruling);
    add_limits(asked, ruling);
  }
  return ruling;
}

}  // namespace gabion::inspect::sql
