// Encodes br at quality 1 in a window of 64 KiB.
#pragma once

#include "inspect/coding/encoder.h"

namespace gabion::inspect::coding {

/// Null: out of memory.
[[nodiscard]] std::unique_ptr<Encoder> make_brotli_encoder();

}  // namespace gabion::inspect::coding
