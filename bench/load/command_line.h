// The command line of gabion-bench: a plan, where its result goes, and how many errors are too many.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "bench/load/plan.h"
#include "bench/load/tally.h"

namespace gabion::bench {

inline constexpr int kExitOk = 0;
inline constexpr int kExitErrors = 1;       ///< more errors than allowed, or nothing was answered
inline constexpr int kExitCommandLine = 2;  ///< wrong command line or file; nothing was sent

/// "10", or "0.5%" of what was tried.
struct ErrorLimit {
  std::uint64_t count = 0;
  double percent = -1;  ///< below 0: the count holds

  [[nodiscard]] static config::Result<ErrorLimit> parse(std::string_view text);
  [[nodiscard]] bool allows(const Tally& tally) const noexcept;
};

enum class ProgressLines : std::uint8_t { kOnTerminal, kAlways, kNever };

struct CommandLine {
  Plan plan;
  ErrorLimit max_errors;
  std::string json_file;  ///< "-" is standard output, empty none
  ProgressLines progress = ProgressLines::kOnTerminal;
  bool quiet = false;  ///< no table
};

/// The command line, or the exit code after help, version or an error were printed.
[[nodiscard]] std::variant<CommandLine, int> read_command_line(int argc, char** argv);

}  // namespace gabion::bench
