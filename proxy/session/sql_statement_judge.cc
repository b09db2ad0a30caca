// The rules for SQL in the words of a session: see sql_statement_judge.h.
#include "proxy/session/sql_statement_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "inspect/sql/fingerprint.h"
#include "inspect/sql/normalize.h"
#include "proxy/session/long_text_readers.h"

namespace gabion::proxy {
namespace {

using inspect::sql::Defined;
using inspect::sql::Facts;
using inspect::sql::Flag;
using inspect::sql::Statement;
using inspect::sql::Used;

bool changes_names(const Facts& facts) noexcept {
  const auto statements = facts.statements();
  return std::any_of(statements.begin(), statements.end(), [](const Statement& statement) {
    return statement.flags.any({Flag::kNameSetting, Flag::kLexerSetting});
  });
}

/// Functions that define something are not seen here; what they make is unknown to the catalogue.
bool may_redefine(const Facts& facts) noexcept {
  const auto statements = facts.statements();
  return std::any_of(statements.begin(), statements.end(), [](const Statement& statement) {
    const bool is_ddl = std::any_of(statement.relations.begin(), statement.relations.end(),
                                    [](const auto& relation) { return relation.access == inspect::sql::Access::kDdl; });
    return is_ddl || statement.group == inspect::sql::Group::kDdl || statement.kind == "CALL" ||
           statement.flags.any({Flag::kDefinesCode, Flag::kDynamicSql, Flag::kUnnamedRelations});
  });
}

/// Its answer is a COPY whose rows cannot be told apart.
bool copies_unread(const postgres::RowRules& rules) noexcept {
  const auto statements = rules.facts.statements();
  return !rules.copy.is_plain && std::any_of(statements.begin(), statements.end(), [](const Statement& statement) {
    return statement.flags.has(Flag::kCopyToStdout);
  });
}

}  // namespace

SqlStatementJudge::SqlStatementJudge(SqlJudges& shared, inspect::sql::SqlContext context,
                                     std::shared_ptr<const inspect::sql::SqlRules> rules, Values values)
    : shared_(shared), context_(std::move(context)) {
  use(std::move(rules), std::move(values));
}

void SqlStatementJudge::use(std::shared_ptr<const inspect::sql::SqlRules> rules, Values values) {
  auto fresh = std::make_unique<const inspect::sql::SqlSubject>(std::move(rules), context_);
  generation_ += subject_ != nullptr && subject_->digest() != fresh->digest() ? 1 : 0;
  subject_ = std::move(fresh);
  list_masks();
  values_ = std::move(values);
}

bool SqlStatementJudge::looks_at_names() const noexcept {
  return subject_->enforced().by_name;
}

bool SqlStatementJudge::must_read(std::string_view text) {
  if (text.size() <= LongTextReaders::kLongBytes || text.size() > subject_->most_bytes()) {
    return false;
  }
  asked_ = shared_.rules.name_of(text);
  return find_read(asked_) == nullptr && !shared_.rules.knows(asked_);
}

/// A message may need several: its own text, and those that its names stand for.
void SqlStatementJudge::bring(inspect::sql::Facts facts) {
  std::erase_if(read_, [](const auto& read) { return read.name == inspect::sql::Digest{}; });
  read_.push_back({asked_, std::move(facts)});
}

inspect::sql::ReadText* SqlStatementJudge::find_read(const inspect::sql::Digest& name) noexcept {
  const auto found = std::find_if(read_.begin(), read_.end(), [&](const auto& read) { return read.name == name; });
  return found == read_.end() ? nullptr : &*found;
}

StatementVerdict SqlStatementJudge::judge(std::string_view text) {
  auto* const read = read_.empty() ? nullptr : find_read(shared_.rules.name_of(text));
  const inspect::sql::SqlVerdict found = shared_.rules.judge(text, *subject_, read);
  StatementVerdict verdict;
  if (found.dry_run_differs) {
    verdict.dry_run = {true, found.dry_run_allows(), to_string(found.dry_run_reason), found.dry_run_object,
                       found.dry_run_rule};
  }
  verdict.allowed = found.allow;
  verdict.reason = to_string(found.reason);
  verdict.object = found.object;
  verdict.rule = found.rule;
  if (found.allow) {
    look_for_taint(text, found, verdict);
    if (found.looks_injected && verdict.note.reason.empty()) {
      verdict.note = {to_string(inspect::sql::SqlReason::kInjection), {}, found.rule};
    }
    if (!found.unlearnt.empty() && verdict.note.reason.empty()) {
      verdict.note = {to_string(inspect::sql::SqlReason::kFingerprint), found.unlearnt, found.unlearnt_rule};
    }
  }
  if (!verdict.allowed) {
    return verdict;
  }
  verdict.is_barrier = changes_names(*found.facts);
  names_were_changed_ = names_were_changed_ || verdict.is_barrier;
  verdict.redefines = !masks_.empty() && may_redefine(*found.facts);
  verdict.is_barrier = verdict.is_barrier || verdict.redefines;
  list_names(*found.facts);
  verdict.names = names_;
  verdict.rows = rows_of(text, found);
  if (verdict.rows != nullptr && reads_rows() && copies_unread(*verdict.rows)) {
    verdict.allowed = false;
    verdict.reason = to_string(inspect::sql::SqlReason::kMasking);
    verdict.object = "COPY in a form that is not read";
  }
  return verdict;
}

/// Parts that a policy leaves out are not compared, but for the schema of what names a table.
void SqlStatementJudge::list_masks() {
  masks_.clear();
  for (const auto& applied : subject_->enforced().allows) {
    for (const auto& mask : applied.item->masks) {
      const auto& pattern = mask.pattern;
      const auto text_of = [](const inspect::sql::Segment& segment) {
        return segment.text + (segment.open ? "*" : "");
      };
      const std::string schema = pattern.schema  ? text_of(*pattern.schema)
                                 : pattern.table ? std::string(subject_->default_schema())
                                                 : "*";
      masks_.push_back(
          {schema.empty() ? "*" : schema, pattern.table ? text_of(*pattern.table) : "*", text_of(pattern.column)});
    }
  }
  std::sort(masks_.begin(), masks_.end());
  masks_.erase(std::unique(masks_.begin(), masks_.end()), masks_.end());
}

postgres::RowRulesRef SqlStatementJudge::rows_of(std::string_view text, const inspect::sql::SqlVerdict& found) {
  if (!reads_rows() && found.rows == 0 && found.bytes == 0) {
    return nullptr;
  }
  const auto statements = found.facts->statements();
  const bool writes = std::any_of(statements.begin(), statements.end(), [](const Statement& statement) {
    return statement.flags.any({Flag::kWrites, Flag::kTransaction});
  });
  const postgres::RowLimits limits{found.rows, found.bytes};
  const auto effect = writes ? postgres::Effect::kWrites : postgres::Effect::kReads;
  if (!reads_rows()) {
    return counting_rules(limits, effect);
  }
  auto rules = postgres::make_local<postgres::RowRules>();
  rules->limits = limits;
  rules->effect = effect;
  rules->facts = found.facts->compact();
  if (statements.size() == 1 && statements.front().flags.has(Flag::kCopyToStdout)) {
    rules->copy = inspect::sql::read_copy_options(text.substr(statements.front().offset, statements.front().length));
  }
  return rules;
}

/// Nothing in them is of one text.
postgres::RowRulesRef SqlStatementJudge::counting_rules(const postgres::RowLimits& limits, postgres::Effect effect) {
  postgres::RowRulesRef& kept = counting_[effect == postgres::Effect::kWrites ? 1 : 0];
  if (kept == nullptr || kept->limits != limits) {
    kept = postgres::make_local<postgres::RowRules>();
    kept->limits = limits;
    kept->effect = effect;
    kept->columns.reset();
  }
  return kept;
}

/// Never cached: it depends on the requests in flight.
void SqlStatementJudge::look_for_taint(std::string_view text, const inspect::sql::SqlVerdict& found,
                                       StatementVerdict& verdict) {
  using config::kube::SqlTaint;
  if (values_ == nullptr || values_->empty() ||
      (found.taint == SqlTaint::kOff && found.dry_run_taint == SqlTaint::kOff)) {
    return;
  }
  const auto now = inspect::sql::taint::CandidateStore::Clock::now();
  const auto judgement = shared_.taint.check(*values_, text, now);
  if (!judgement.is_tainted()) {
    return;
  }
  taint_text_ = inspect::sql::taint::describe(judgement);
  const std::string_view reason = to_string(inspect::sql::SqlReason::kTaint);
  if (found.dry_run_taint == SqlTaint::kDeny && found.taint != SqlTaint::kDeny) {
    verdict.dry_run = {true, false, reason, taint_text_, found.dry_run_taint_rule};
  }
  if (found.taint == SqlTaint::kDeny) {
    verdict.allowed = false;
    verdict.reason = reason;
    verdict.object = taint_text_;
    verdict.rule = found.taint_rule;
  } else if (found.taint == SqlTaint::kLog) {
    verdict.note = {reason, taint_text_, found.taint_rule};
  }
}

void SqlStatementJudge::list_names(const Facts& facts) {
  names_.clear();
  for (const Statement& statement : facts.statements()) {
    for (const Used& used : statement.used) {
      switch (used.how) {
        case Used::How::kExecute:
          names_.push_back({StatementName::Use::kNeedsPrepared, used.name});
          break;
        case Used::How::kFetch:
        case Used::How::kMove:
        case Used::How::kCurrentOf:
          names_.push_back({StatementName::Use::kNeedsCursor, used.name});
          break;
        case Used::How::kDeallocate:
          names_.push_back({StatementName::Use::kRemovesPrepared, used.name});
          break;
        case Used::How::kClose:
          names_.push_back({StatementName::Use::kRemovesCursor, used.name});
          break;
      }
    }
    for (const Defined& defined : statement.defined) {
      names_.push_back(
          {defined.what == Defined::What::kPrepared ? StatementName::Use::kPrepares : StatementName::Use::kDeclares,
           defined.name});
    }
  }
}

SqlStatementJudge::Description SqlStatementJudge::describe(std::string_view text) {
  constexpr std::size_t kMostTables = 16;
  constexpr std::size_t kMostPrintedBytes = 4096;  // what a fingerprint costs grows faster than the text
  Description made;
  const inspect::sql::SqlVerdict found = shared_.rules.judge(text, *subject_);
  made.rule = found.rule;
  const auto statements = found.facts->statements();
  if (statements.empty()) {
    return made;
  }
  made.normalized = inspect::sql::normalize(text);
  for (const Statement& statement : statements) {
    if (made.kinds.size() < kMostTables) {
      made.kinds.emplace_back(statement.kind);
    }
    for (const auto& relation : statement.relations) {
      if (made.tables.size() == kMostTables) {
        ++made.tables_more;
        continue;
      }
      std::string table(to_string(relation.access));
      table.append(" ").append(relation.schema).append(relation.schema.empty() ? "" : ".").append(relation.name);
      made.tables.push_back(std::move(table));
    }
  }
  if (statements.size() == 1 && text.size() <= kMostPrintedBytes) {
    const auto& only = statements.front();
    if (const auto print = inspect::sql::fingerprint(text.substr(only.offset, only.length), only)) {
      made.fingerprint = fmt::format("{:016x}:{:016x}", print->tree, print->facts);
    }
  }
  return made;
}

}  // namespace gabion::proxy
