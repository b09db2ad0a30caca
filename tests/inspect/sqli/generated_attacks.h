// SQL injections by rule: every way out of a slot, with every kind of payload, blank and spelling.
#pragma once

#include <vector>

#include "tests/inspect/generated_attack.h"

namespace gabion::inspect::sqli {

/// The same list on every call; tens of thousands of values.
[[nodiscard]] std::vector<GeneratedAttack> generated_attacks();

}  // namespace gabion::inspect::sqli
