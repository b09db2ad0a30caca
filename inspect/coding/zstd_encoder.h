// Encodes zstd at level 1 in a window of 128 KiB.
#pragma once

#include "inspect/coding/encoder.h"

namespace gabion::inspect::coding {

/// Null: out of memory.
[[nodiscard]] std::unique_ptr<Encoder> make_zstd_encoder();

}  // namespace gabion::inspect::coding
