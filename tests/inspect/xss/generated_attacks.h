// Scripts in pages by rule: every way into a page, with every kind of carrier, separator and spelling.
#pragma once

#include <vector>

#include "tests/inspect/generated_attack.h"

namespace gabion::inspect::xss {

/// The same list on every call; thousands of values.
[[nodiscard]] std::vector<GeneratedAttack> generated_attacks();

}  // namespace gabion::inspect::xss
