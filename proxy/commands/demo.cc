// placeholder until demo lands
#include <CLI/CLI.hpp>
#include "proxy/commands/commands.h"
namespace gabion::proxy {
void add_demo(CLI::App&, Command&) {}
}
