// Runs a program of the system's to its end: input given whole, output taken whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace gabion::proxy::interception {

struct ProgramEnd {
  int status = 0;      ///< its exit status; 128 + the number of a signal that ended it
  std::string output;  ///< at most 1 MiB
  std::string errors;  ///< likewise
};

/// Looks in the folders of the system's programs only, whatever PATH says: it may run as root. An error: it is not
/// there, or could not be started.
[[nodiscard]] config::Result<ProgramEnd> run_program(const std::vector<std::string>& words, std::string_view input);

}  // namespace gabion::proxy::interception
