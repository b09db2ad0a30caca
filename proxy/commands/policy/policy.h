// The subcommands of `gabion policy`: each reads files, asks the same Decider as the proxy, and prints.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/kube/objects.h"
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

/// config::policy::load_checked_manifests; a policy with a regex that does not compile is an error too.
[[nodiscard]] config::CheckedResult<config::kube::Objects> load_policies(
    const std::vector<std::filesystem::path>& paths);

/// --path-level and --paths: what the sidecars' inspection profile says of paths.
void add_path_options(CLI::App& command, inspect::policy::PathSettings& paths);

/// One error a line on standard error. Answers kExitConfiguration.
int refuse(const config::Errors& errors);

/// How lines on standard output are coloured: not at all unless it is a terminal and NO_COLOR is unset.
enum class Tone { kGood, kBad, kNote };
[[nodiscard]] std::string coloured(std::string_view text, Tone tone);

}  // namespace gabion::proxy::policy
