// The subcommands of `gabion waf`: rules and single requests judged offline by the engine the proxy runs.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/result.h"
#include "inspect/waf/plan/plan.h"
#include "proxy/commands/commands.h"

namespace gabion::proxy::waf {

void add_replay(CLI::App& group, Command& chosen);
void add_compile(CLI::App& group, Command& chosen);
void add_explain(CLI::App& group, Command& chosen);

/// What the subcommands have in common.
struct RuleChoice {
  std::string entry;      ///< the file that includes the others
  unsigned paranoia = 0;  ///< 0: as the rules say
  std::string evaluation = "plan";
  std::string request_body = "always";
  std::string mode;  ///< empty: as the rules say
  std::string databases = "complete";
  std::string cache;     ///< folder of compiled databases
  bool own_base = true;  ///< with the built-in base configuration before the entry file
};
void add_options(CLI::App& command, RuleChoice& choice);

/// Reads the rules and makes the plan; warnings go to standard error.
[[nodiscard]] config::CheckedResult<std::shared_ptr<const inspect::waf::plan::Plan>> load_plan(
    const RuleChoice& choice);

/// One error a line on standard error. Answers kExitConfiguration.
int refuse(const config::Errors& errors);

}  // namespace gabion::proxy::waf
