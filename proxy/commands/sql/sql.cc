// `gabion sql`: what statements do and what rules say of them, asked offline.
#include "proxy/commands/sql/sql.h"

#include <CLI/CLI.hpp>

namespace gabion::proxy {

void add_sql(CLI::App& app, Command& chosen) {
  auto* group = app.add_subcommand("sql", "Ask what SQL does and whether rules allow it, without a database");
  group->require_subcommand(1);
  sql::add_explain(*group, chosen);
  sql::add_check(*group, chosen);
  sql::add_learn(*group, chosen);
}

}  // namespace gabion::proxy
