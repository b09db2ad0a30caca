// `gabion policy explain --sql`: what the rules of both ends say of a statement on a connection between them.
#pragma once

#include <string>
#include <vector>

#include "config/policy/traffic.h"
#include "config/result.h"
#include "inspect/policy/cluster_view.h"

namespace gabion::proxy::policy {

/// What is asked beside the traffic.
struct SqlQuestion {
  std::string text;
  std::string user;      ///< empty: rules' users are not compared
  std::string database;  ///< empty: not compared
};

/// What one end says.
struct SqlLine {
  inspect::Side side = inspect::Side::kIngress;
  bool allowed = false;
  std::string reason;  ///< "table: public.secret", "allowed"; of the connection where that is denied
  std::string rule;    ///< that decided; empty: none did
};

/// Egress, then ingress, as the sidecars judge it. An end without a sidecar of the mesh says nothing. Errors: as
/// ClusterView::ask, or the parser does not work here.
[[nodiscard]] config::Result<std::vector<SqlLine>> explain_sql(inspect::policy::ClusterView& view,
                                                               const config::policy::Traffic& traffic,
                                                               const SqlQuestion& question);

}  // namespace gabion::proxy::policy
