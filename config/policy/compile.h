// From objects to the rules of one workload: selectors become sets of addresses, named ports become numbers.
#pragma once

#include <cstddef>
#include <string>

#include "config/kube/objects.h"
#include "config/policy/rule_set.h"
#include "config/result.h"

namespace gabion::config::policy {

/// Whose rules to compile.
struct Workload {
  kube::ObjectName pod;
  std::string trust_domain;  ///< the proxy's own; the default of serviceAccount peers. Empty: no mTLS
};

/// Cells of one workload: about 128 MiB of indexes. A workload that needs more is refused.
inline constexpr std::size_t kMaxCells = 32U << 20;

/// When is the default allow, when deny?
/// - A direction that no NetworkPolicy with this type selects the pod for is open for every peer and port (R1). So a
///   directory without policies is legal and closes nothing.
/// - A direction that is selected allows what some rule lists, nothing else. A policy that could not be read selects
///   and lists nothing.
/// - On a port that an Enforce Allow rule of an L7Policy lists, what no such rule matches is denied; on other ports
///   the NetworkPolicy answer stands. Deny rules close nothing and win over every Allow.
/// - hostNetwork pods are selected by no policy (R21): they stay open, with a warning.
///
/// Errors: the workload is not among `objects.pods`; more than kMaxCells cells.
[[nodiscard]] CheckedResult<RuleSet> compile(const kube::Objects& objects, const Workload& workload);

}  // namespace gabion::config::policy
