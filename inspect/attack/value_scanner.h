// Matches one complete value of a request's head in both views.
#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/attack/signatures.h"
#include "inspect/scratch.h"

namespace gabion::inspect::attack {

/// How a value is written.
enum class ValueSyntax : std::uint8_t { kVerbatim, kPath, kForm };

/// Adds the signatures that match `value` to `matches`; pattern = signature id, whatever its places. Values no
/// signature can match are not scanned. Uses `scratch`'s buffers.
[[nodiscard]] match::ScanStatus scan_value(std::string_view value, ValueSyntax syntax, const SignatureSets& sets,
                                           Scratch& scratch, match::MatchList& matches);

}  // namespace gabion::inspect::attack
