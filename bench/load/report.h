// A result as a table for people and as JSON for programs.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/run.h"

namespace gabion::bench {

/// One object in one line. Its keys are a contract: others read them.
[[nodiscard]] std::string to_json(const Outcome& outcome, const Plan& plan);

enum class Colour : std::uint8_t { kNone, kAnsi };
[[nodiscard]] std::string to_table(const Outcome& outcome, const Plan& plan, Colour colour);

/// Without line end. `last` is the progress a second ago.
[[nodiscard]] std::string to_line(const Progress& progress, const Progress& last, const Plan& plan);

}  // namespace gabion::bench
