// `gabion version`: what this program is and what it was built with.
#include <CLI/CLI.hpp>
#include <iostream>

#include "proxy/commands/commands.h"

namespace gabion::proxy {

void add_version(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("version", "Print the version");
  command->footer("Example:\n  gabion version");
  command->callback([&chosen] {
    chosen = [] {
      std::cout << "gabion " << GABION_VERSION << '\n';
      return kExitOk;
    };
  });
}

}  // namespace gabion::proxy
