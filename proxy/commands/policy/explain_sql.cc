// `gabion policy explain --sql`: see explain_sql.h.
#include "proxy/commands/policy/explain_sql.h"

#include <utility>

#include "inspect/policy/decide.h"
#include "inspect/sql/rules/judge.h"

namespace gabion::proxy::policy {
namespace {

using inspect::Side;
using inspect::policy::SideAnswer;

SqlLine line_of(const SideAnswer& end, Side side, inspect::sql::SqlJudge& by, const SqlQuestion& question) {
  SqlLine line{side, false, {}, {}};
  auto access = end.judge->sql_access(end.facts, config::kube::AppProtocol::kPostgresql);
  if (!access.verdict.allowed()) {
    line.reason = to_string(access.verdict.reason);
    line.rule = access.verdict.rule;
    return line;
  }
  // Offline nothing has to be done to results: limits and masks are taken as kept.
  const inspect::sql::SqlSubject subject(std::move(access.rules),
                                         {question.user, question.database, {"public"}, {true, true}});
  const auto verdict = by.judge(question.text, subject);
  line.allowed = verdict.allow;
  line.reason = inspect::sql::describe(verdict.reason, verdict.object);
  line.rule = verdict.rule;
  return line;
}

}  // namespace

config::Result<std::vector<SqlLine>> explain_sql(inspect::policy::ClusterView& view,
                                                 const config::policy::Traffic& traffic, const SqlQuestion& question) {
  const auto answer = view.ask(traffic);
  if (!answer) {
    return answer.error();
  }
  auto by = inspect::sql::SqlJudge::make();
  if (!by) {
    return by.error();
  }
  std::vector<SqlLine> lines;
  for (const auto& [end, side] :
       {std::pair(&answer->egress, Side::kEgress), std::pair(&answer->ingress, Side::kIngress)}) {
    if (end->judge != nullptr && !answer->same_end) {
      lines.push_back(line_of(*end, side, *by, question));
    }
  }
  return lines;
}

}  // namespace gabion::proxy::policy
