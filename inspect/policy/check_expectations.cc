// Compares verdict and, where one is named, the rule that decided.
#include "inspect/policy/check_expectations.h"

#include <algorithm>
#include <utility>

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

TestOutcome check(ClusterView& view, const Expectation& test) {
  auto traffic = test.traffic;
  if (test.mtls) {
    traffic.identity = view.identity_of(traffic.from.pod);
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
  for (const auto& test : tests) {
    outcomes.push_back(check(view, test));
  }
  return outcomes;
}

}  // namespace gabion::inspect::policy
