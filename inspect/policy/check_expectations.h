// Runs the tests of a PolicyTest file against a cluster's policies.
#pragma once

#include <string>
#include <vector>

#include "config/policy/expectations.h"
#include "inspect/policy/access_report.h"

namespace gabion::inspect::policy {

struct TestOutcome {
  enum class Kind : std::uint8_t {
    kPassed,
    kFailed,  ///< the verdict or the rule is another
    kError,   ///< it could not be asked: an end is not there
  };
  Kind kind = Kind::kError;
  std::string text;     ///< what came out: "deny, policy_denied: nearest rule .."; also of a kPassed
  AccessReport report;  ///< empty for a kError and of a statement
};

/// One outcome for each test, in their order.
[[nodiscard]] std::vector<TestOutcome> check_expectations(ClusterView& view,
                                                          const std::vector<config::policy::Expectation>& tests);

}  // namespace gabion::inspect::policy
