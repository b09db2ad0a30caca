// Compares verdict and, where one is named, the rule that decided.
#include "inspect/policy/check_expectations.h"

#include <algorithm>
#include <utility>

#include "inspect/policy/ask_statement.h"

namespace gabion::inspect::policy {
namespace {

using config::policy::Expectation;

/// Whether `rule` is among those that decided: on allow every layer has its own.
bool decided_by(const AccessReport& report, const std::string& rule) {
  return std::any_of(report.layers.begin(), report.layers.end(),
                     [&](const LayerLine& layer) { return layer.allowed == report.allowed && layer.rule == rule; });
}

std::string words(const AccessReport& report) {
  std::string text = report.allowed ? "allow" : "deny";
  text += report.reason.empty() ? "" : ", " + report.reason;
  text += report.rule.empty() ? "" : " by " + report.rule;
  return text + (report.detail.empty() ? "" : ": " + report.detail);
}

/// "deny, table: public.secret by shop/db/web": of who denies; of an allowed one its rules decide, each for its end.
TestOutcome check_statement(ClusterView& view, StatementDesk& statements, const config::policy::Traffic& traffic,
                            const Expectation& test) {
  const auto answer = statements.ask(view, traffic);
  if (!answer) {
    return {TestOutcome::Kind::kError, answer.error().to_string(), {}};
  }
  const bool allowed = answer->allowed();
  const bool decided = test.rule.empty() ||
                       std::any_of(answer->lines.begin(), answer->lines.end(),
                                   [&](const auto& line) { return line.allowed == allowed && line.rule == test.rule; });
  std::string text = allowed ? "allow" : "deny";
  if (const SqlLine* line = answer->decisive(); line != nullptr) {
    text += (allowed ? "" : ", " + line->reason) + (line->rule.empty() ? "" : " by " + line->rule);
  }
  const bool as_expected = allowed == test.allowed && decided;
  return {as_expected ? TestOutcome::Kind::kPassed : TestOutcome::Kind::kFailed, std::move(text), {}};
}

TestOutcome check(ClusterView& view, StatementDesk& statements, const Expectation& test) {
  auto traffic = test.traffic;
  if (test.mtls) {
    traffic.identity = view.identity_of(traffic.from.pod);
  }
  if (traffic.sql) {
    return check_statement(view, statements, traffic, test);
  }
  auto report = report_access(view, traffic);
  if (!report) {
    return {TestOutcome::Kind::kError, report.error().to_string(), {}};
  }
  const bool as_expected = report->allowed == test.allowed && (test.rule.empty() || decided_by(*report, test.rule));
  std::string text = words(*report);
  return {as_expected ? TestOutcome::Kind::kPassed : TestOutcome::Kind::kFailed, std::move(text), std::move(*report)};
}

}  // namespace

std::vector<TestOutcome> check_expectations(ClusterView& view, const std::vector<Expectation>& tests) {
  std::vector<TestOutcome> outcomes;
  outcomes.reserve(tests.size());
  StatementDesk statements;
  for (const auto& test : tests) {
    outcomes.push_back(check(view, statements, test));
  }
  return outcomes;
}

}  // namespace gabion::inspect::policy
