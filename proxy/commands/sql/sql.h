// The subcommands of `gabion sql`: the data path's own parser and rules, asked about text.
#pragma once

#include "proxy/commands/commands.h"

namespace gabion::proxy::sql {

void add_explain(CLI::App& group, Command& chosen);
void add_check(CLI::App& group, Command& chosen);
void add_learn(CLI::App& group, Command& chosen);

}  // namespace gabion::proxy::sql
