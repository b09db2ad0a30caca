// What the rules of both ends say of a statement on a connection between them, as their sidecars judge it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/policy/traffic.h"
#include "config/result.h"
#include "inspect/policy/cluster_view.h"
#include "inspect/sql/rules/judge.h"

namespace gabion::inspect::policy {

/// What one end says.
struct SqlLine {
  Side side = Side::kIngress;
  bool allowed = false;
  std::string reason;  ///< "table: public.secret", "allowed"; of the connection where that is denied
  std::string rule;    ///< that decided; empty: none did
};

struct StatementAnswer {
  /// Egress, then ingress. An end without a sidecar of the mesh says nothing.
  std::vector<SqlLine> lines;

  [[nodiscard]] bool allowed() const noexcept;
  /// The first line that denies, else the last one; null: nobody is there to judge.
  [[nodiscard]] const SqlLine* decisive() const noexcept;
};

/// Makes its judge for the first statement. Used by the thread that asked first.
class StatementDesk {
 public:
  /// REQUIRES: traffic.sql. A search_path of `public`; limits and masks are taken as kept. Errors: as ClusterView::ask,
  /// or the parser does not work here.
  [[nodiscard]] config::Result<StatementAnswer> ask(ClusterView& view, const config::policy::Traffic& traffic);

 private:
  std::optional<sql::SqlJudge> by_;
};

}  // namespace gabion::inspect::policy
