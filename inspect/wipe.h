// Overwrites bytes that held a value, so that no core file has them.
#pragma once

#include <string>

namespace gabion::inspect {

/// Overwrites all of the text's memory, then makes it empty. Never left out by an optimizer.
void wipe(std::string& text) noexcept;

}  // namespace gabion::inspect
