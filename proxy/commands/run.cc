// `gabion run`: serves until it is drained.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "proxy/commands/commands.h"
#include "proxy/server/server.h"

namespace gabion::proxy {
namespace {

int run(const std::string& file) {
  auto server = Server::create({file, true});
  if (server.has_error()) {
    for (const auto& error : server.error()) {
      std::cerr << error.to_string() << '\n';
    }
    return kExitConfiguration;
  }
  return (*server)->run();
}

}  // namespace

void add_run(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("run", "Serve as gabion.yaml says, until SIGTERM or POST /drain");
  auto file = std::make_shared<std::string>("gabion.yaml");
  command->add_option("-c,--config", *file, "The configuration")->capture_default_str();
  command->footer(
      "Signals: SIGHUP reloads; SIGUSR1 opens the log files again; SIGTERM and SIGINT drain, a second one stops at "
      "once.\n"
      "Exit: 0 drained, 1 something in flight was cut, 2 the configuration was refused.\n"
      "Example:\n  gabion run -c /etc/gabion/gabion.yaml");
  command->callback([file, &chosen] { chosen = [file] { return run(*file); }; });
}

}  // namespace gabion::proxy
