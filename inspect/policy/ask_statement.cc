// Statements asked about offline: see ask_statement.h.
#include "inspect/policy/ask_statement.h"

#include <algorithm>
#include <utility>

#include "inspect/policy/decide.h"
#include "inspect/policy/sql_offline.h"

namespace gabion::inspect::policy {
namespace {

using config::policy::SqlRequest;

SqlLine line_of(const SideAnswer& end, Side side, sql::SqlJudge& by, const SqlRequest& question) {
  SqlLine line{side, false, {}, {}};
  auto access = end.judge->sql_access(end.facts, config::kube::AppProtocol::kPostgresql);
  if (!access.verdict.allowed()) {
    line.reason = to_string(access.verdict.reason);
    line.rule = access.verdict.rule;
    return line;
  }
  const sql::SqlSubject subject(std::move(access.rules), offline_context(question.user, question.database, {"public"}));
  const auto verdict = by.judge(question.text, subject);
  line.allowed = verdict.allow;
  line.reason = sql::describe(verdict.reason, verdict.object);
  line.rule = verdict.rule;
  return line;
}

}  // namespace

bool StatementAnswer::allowed() const noexcept {
  return std::all_of(lines.begin(), lines.end(), [](const SqlLine& line) { return line.allowed; });
}

const SqlLine* StatementAnswer::decisive() const noexcept {
  const auto denies = std::find_if(lines.begin(), lines.end(), [](const SqlLine& line) { return !line.allowed; });
  return denies != lines.end() ? &*denies : lines.empty() ? nullptr : &lines.back();
}

config::Result<StatementAnswer> StatementDesk::ask(ClusterView& view, const config::policy::Traffic& traffic) {
  const auto answer = view.ask(traffic);
  if (!answer) {
    return answer.error();
  }
  if (!by_) {
    auto by = sql::SqlJudge::make();
    if (!by) {
      return by.error();
    }
    by_.emplace(std::move(*by));
  }
  StatementAnswer made;
  for (const auto& [end, side] :
       {std::pair(&answer->egress, Side::kEgress), std::pair(&answer->ingress, Side::kIngress)}) {
    if (end->judge != nullptr && !answer->same_end) {
      made.lines.push_back(line_of(*end, side, *by_, *traffic.sql));
    }
  }
  return made;
}

}  // namespace gabion::inspect::policy
