// The subcommands of `gabion`: each adds itself to the command line and answers with an exit code.
#pragma once

#include <functional>
#include <iosfwd>

namespace CLI {
class App;
}

namespace gabion::proxy {

/// Exit codes, the same for every subcommand.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;         ///< it ran and something went wrong
inline constexpr int kExitConfiguration = 2;  ///< wrong command line or configuration; nothing was started

/// Set by the chosen subcommand; main runs it after parsing.
using Command = std::function<int()>;

void add_run(CLI::App& app, Command& chosen);
void add_check(CLI::App& app, Command& chosen);
void add_demo(CLI::App& app, Command& chosen);
void add_policy(CLI::App& app, Command& chosen);
void add_waf(CLI::App& app, Command& chosen);
void add_dlp(CLI::App& app, Command& chosen);
void add_sql(CLI::App& app, Command& chosen);
void add_net(CLI::App& app, Command& chosen);
void add_wait(CLI::App& app, Command& chosen);
void add_inject(CLI::App& app, Command& chosen);
void add_version(CLI::App& app, Command& chosen);

[[nodiscard]] int run_command_line(int argc, char** argv);

}  // namespace gabion::proxy
