// The subcommands of `gabion policy`: each reads files, asks the same Decider as the proxy, and prints.
#pragma once

#include <string>
#include <string_view>

#include "config/policy/traffic.h"
#include "config/result.h"
#include "inspect/policy/cluster_view.h"
#include "proxy/commands/commands.h"

namespace gabion::proxy::policy {

void add_eval(CLI::App& group, Command& chosen);
void add_explain(CLI::App& group, Command& chosen);
void add_diff(CLI::App& group, Command& chosen);
void add_import(CLI::App& group, Command& chosen);
void add_test(CLI::App& group, Command& chosen);

/// One error a line on standard error. Answers kExitConfiguration.
int refuse(const config::Errors& errors);

/// How lines on standard output are coloured: not at all unless it is a terminal and NO_COLOR is unset.
enum class Tone { kGood, kBad, kNote };
[[nodiscard]] std::string coloured(std::string_view text, Tone tone);

}  // namespace gabion::proxy::policy
