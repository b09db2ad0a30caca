// What a change of policies allows and denies, for whom: two clusters asked the same questions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/result.h"
#include "inspect/policy/cluster_view.h"

namespace gabion::inspect::policy {

struct DiffOptions {
  bool mtls = true;  ///< pods show the certificate of their service account
  std::string from;  ///< only this end; empty: all
  std::string to;
};

/// A stretch of ports and one request on which the answers differ, between groups of ends that are all alike.
struct Change {
  bool allowed = false;  ///< now
  std::vector<std::string> from;
  std::string to;
  std::size_t to_alike = 0;  ///< pods like `to`, without it
  config::kube::IpProtocol protocol = config::kube::IpProtocol::kTcp;
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0;
  std::string request;  ///< "GET /orders host h"; empty: every message, or the connection
  std::string before;   ///< why it was allowed or denied: rule or reason
  std::string now;
};

struct DiffReport {
  std::vector<Change> changes;
  std::vector<std::string> notes;  ///< what was not compared
  std::uint64_t questions = 0;     ///< asked of each side
};

inline constexpr std::uint64_t kMaxQuestions = 20'000'000;

/// Pods that are in both, nodes that are in both, and one address outside for each set of ipBlocks that holds it.
/// Errors: a selected end is unknown, rules that do not compile, more than kMaxQuestions.
[[nodiscard]] config::Result<DiffReport> compare(ClusterView& before, ClusterView& after, const DiffOptions& options);

/// Where one side has no pods (a change of policies alone), it gets the pods, namespaces, nodes and services of the
/// other.
void share_inventory(config::kube::Objects& before, config::kube::Objects& after);

}  // namespace gabion::inspect::policy
