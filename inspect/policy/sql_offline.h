// The SQL rules of an account, read from manifests alone: no pod, no address, no port is asked about.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/kube/objects.h"
#include "inspect/sql/rules/sql_rules.h"

namespace gabion::inspect::policy {

/// What statements are judged by where nobody has a session: limits and masks are taken as kept.
[[nodiscard]] sql::SqlContext offline_context(std::string user, std::string database,
                                              std::vector<std::string> search_path);

/// What each side says; a statement needs the consent of all.
struct OfflineSqlRules {
  /// Of the policies of its own pods (egress), then of those of the servers (ingress); a side without rules is left
  /// out. The rules of DryRun policies count as if they were enforced.
  std::vector<std::shared_ptr<const sql::SqlRules>> sides;
  std::vector<std::string> notes;  ///< what could not be told, for people
};

/// Rules of `protocol`, and of TCP on their ports. An Allow counts if its peers certainly mean the account, a Deny if
/// they may. Selectors are asked about the account's pods among `objects`. Policies of servers are taken together,
/// whichever server they are of; `to` of egress rules is not looked at.
[[nodiscard]] OfflineSqlRules sql_rules_of(const config::kube::Objects& objects,
                                           const config::kube::ObjectName& account, config::kube::AppProtocol protocol);

}  // namespace gabion::inspect::policy
