// The rules for SQL in the words of a session: see sql_statement_judge.h.
#include "proxy/session/sql_statement_judge.h"

#include <algorithm>
#include <utility>

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

StatementVerdict SqlStatementJudge::judge(std::string_view text) {
  const inspect::sql::SqlVerdict found = shared_.rules.judge(text, *subject_);
  StatementVerdict verdict;
  verdict.dry_run = {found.dry_run_differs, to_string(found.dry_run_reason), found.dry_run_object, found.dry_run_rule};
  verdict.allowed = found.allow;
  verdict.reason = to_string(found.reason);
  verdict.object = found.object;
  verdict.rule = found.rule;
  if (found.allow) {
    look_for_taint(text, found, verdict);
    if (found.looks_injected && verdict.note.reason.empty()) {
      verdict.note = {to_string(inspect::sql::SqlReason::kInjection), {}, found.rule};
    }
  }
  if (!verdict.allowed) {
    return verdict;
  }
  verdict.is_barrier = changes_names(*found.facts);
  names_were_changed_ = names_were_changed_ || verdict.is_barrier;
  list_names(*found.facts);
  verdict.names = names_;
  verdict.rows = rows_of(found);
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

postgres::RowRulesRef SqlStatementJudge::rows_of(const inspect::sql::SqlVerdict& found) const {
  if (masks_.empty() && found.rows == 0 && found.bytes == 0) {
    return nullptr;
  }
  const auto statements = found.facts->statements();
  const bool writes = std::any_of(statements.begin(), statements.end(), [](const Statement& statement) {
    return statement.flags.any({Flag::kWrites, Flag::kTransaction});
  });
  auto rules = std::make_shared<postgres::RowRules>();
  rules->limits = {found.rows, found.bytes};
  rules->effect = writes ? postgres::Effect::kWrites : postgres::Effect::kReads;
  if (!masks_.empty()) {
    rules->facts = found.facts->compact();
  }
  return rules;
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
  taint_text_ = describe(judgement);
  const std::string_view reason = to_string(inspect::sql::SqlReason::kTaint);
  if (found.dry_run_taint == SqlTaint::kDeny && found.taint != SqlTaint::kDeny) {
    verdict.dry_run = {true, reason, taint_text_, found.dry_run_taint_rule};
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

}  // namespace gabion::proxy
