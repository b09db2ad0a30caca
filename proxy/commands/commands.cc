// The command line as a whole: see commands.h.
#include "proxy/commands/commands.h"

#include <CLI/CLI.hpp>

namespace gabion::proxy {

int run_command_line(int argc, char** argv) {
  CLI::App app("Gabion: a Layer-7 firewall for the traffic between pods.", "gabion");
  app.require_subcommand(1);
  app.footer(
      "Example:\n  gabion check -c gabion.yaml && gabion run -c gabion.yaml\nTry it without a cluster:\n  gabion demo");
  Command chosen;
  add_run(app, chosen);
  add_check(app, chosen);
  add_policy(app, chosen);
  add_waf(app, chosen);
  add_dlp(app, chosen);
  add_sql(app, chosen);
  add_net(app, chosen);
  add_inject(app, chosen);
  add_wait(app, chosen);
  add_demo(app, chosen);
  add_version(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitConfiguration;
  }
  return chosen();
}

}  // namespace gabion::proxy
