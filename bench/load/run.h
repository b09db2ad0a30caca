// A run from its plan to its result: threads, the clock, progress, and an early end by a signal.
#pragma once

#include <cstdint>
#include <functional>

#include "bench/load/plan.h"
#include "bench/load/tally.h"

namespace gabion::bench {

struct CpuSeconds {
  double user = 0;
  double system = 0;
};

struct Outcome {
  Tally tally;
  double seconds = 0;  ///< of the counted time; 0 when it was never reached
  CpuSeconds cpu;      ///< of this program in that time
  bool interrupted = false;
};

/// What is known while it runs.
struct Progress {
  std::uint64_t seconds = 0;  ///< since the beginning
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
};

/// Blocks SIGINT and SIGTERM for the process: either ends the run with what was counted. `on_second` is called once a
/// second. Errors come before anything is sent: too few descriptors allowed, no memory for a loop.
[[nodiscard]] config::Result<Outcome> run(const Plan& plan, const std::function<void(const Progress&)>& on_second);

}  // namespace gabion::bench
