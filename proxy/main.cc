// The program: picks a subcommand.
#include "proxy/commands/commands.h"

int main(int argc, char** argv) {
  return gabion::proxy::run_command_line(argc, argv);
}
