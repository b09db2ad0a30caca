// `gabion run`: serves until it is drained.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "proxy/commands/commands.h"
#include "proxy/server/server.h"

namespace gabion::proxy {
namespace {

struct Options {
  std::string file = "gabion.yaml";
  std::string agent;   // empty: no agent's port
  std::string probes;  // JSON
};

int refuse(const config::Errors& errors) {
  for (const auto& error : errors) {
    std::cerr << error.to_string() << '\n';
  }
  return kExitConfiguration;
}

config::CheckedResult<Server::Options> server_options(const Options& options) {
  Server::Options result{options.file, true, std::nullopt, {}};
  auto probes = config::inject::parse_app_probes(options.probes);
  if (probes.has_error()) {
    return probes.error();
  }
  result.agent_probes = std::move(*probes);
  if (!options.agent.empty()) {
    const auto listen = config::Endpoint::parse(options.agent);
    if (listen.has_error()) {
      return config::Errors{{listen.error().what, "--agent"}};
    }
    result.agent_listen = *listen;
  }
  return result;
}

int run(const Options& options) {
  auto wanted = server_options(options);
  if (wanted.has_error()) {
    return refuse(wanted.error());
  }
  auto server = Server::create(std::move(*wanted));
  if (server.has_error()) {
    return refuse(server.error());
  }
  return (*server)->run();
}

}  // namespace

void add_run(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("run", "Serve as gabion.yaml says, until SIGTERM or POST /drain");
  auto options = std::make_shared<Options>();
  command->add_option("-c,--config", options->file, "The configuration")->capture_default_str();
  command->add_option("--agent", options->agent, "Address for the kubelet: /ready, /live, /metrics, /app-health/…")
      ->envname("GABION_AGENT_LISTEN");
  command->add_option("--probes", options->probes, "What /app-health/… asks the application, JSON: docs/injection.md")
      ->envname("GABION_APP_PROBES");
  command->footer(
      "Signals: SIGHUP reloads; SIGUSR1 opens the log files again; SIGTERM and SIGINT drain, a second one stops at "
      "once.\n"
      "Exit: 0 drained, 1 something in flight was cut, 2 the configuration was refused.\n"
      "Example:\n  gabion run -c /etc/gabion/gabion.yaml");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace gabion::proxy
