// Decodes br (RFC 7932), without its large windows.
#pragma once

#include "inspect/coding/decoder.h"

namespace gabion::inspect::coding {

/// Null: out of memory.
[[nodiscard]] std::unique_ptr<Decoder> make_brotli_decoder();

}  // namespace gabion::inspect::coding
