// What a comparison of policies asks on one port: the requests and statements that the rules of either side tell apart.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/rule_set.h"
#include "config/policy/traffic.h"
#include "inspect/policy/request_samples.h"
#include "inspect/policy/statement_samples.h"

namespace gabion::inspect::policy {

/// One end whose policies can matter to a pair: the source for egress or the destination for ingress, of either
/// version.
struct DiffTable {
  config::policy::Way way = config::policy::Way::kIngress;
  const config::kube::Objects* objects = nullptr;
  const config::kube::Pod* pod = nullptr;
};

/// A request or a statement.
struct DiffQuestion {
  std::optional<config::policy::HttpRequest> request;
  std::optional<config::policy::SqlRequest> sql;

  /// "GET /orders host h", "SQL as app in shop: SELECT 7".
  [[nodiscard]] std::string to_string() const;
};

/// Keeps the samples of rules it has seen.
class DiffQuestions {
 public:
  /// Those that rules of these tables on `port` tell apart: statements where a rule is about PostgreSQL, else requests;
  /// none if no L7 rule is there.
  [[nodiscard]] std::vector<DiffQuestion> on(const std::vector<DiffTable>& tables, std::uint16_t port);

  /// What was not asked about, since this was asked last.
  [[nodiscard]] std::vector<std::string> take_notes();

 private:
  [[nodiscard]] std::vector<DiffQuestion> requests(const std::vector<const config::kube::L7Rule*>& rules,
                                                   std::uint16_t port);
  [[nodiscard]] std::vector<DiffQuestion> statements(const std::vector<const config::kube::L7Rule*>& rules,
                                                     std::uint16_t port);

  std::set<std::string> told_;
  std::vector<std::string> notes_;
  std::map<std::vector<const config::kube::HttpMatch*>, RequestSamples> requests_;
  std::map<std::vector<const config::kube::SqlMatch*>, StatementSamples> statements_;
};

}  // namespace gabion::inspect::policy
