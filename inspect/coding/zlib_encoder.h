// Encodes gzip and deflate, the latter with zlib wrapping as RFC 9110 means it.
#pragma once

#include "inspect/coding/encoder.h"

namespace gabion::inspect::coding {

/// Null: out of memory.
[[nodiscard]] std::unique_ptr<Encoder> make_gzip_encoder();
[[nodiscard]] std::unique_ptr<Encoder> make_deflate_encoder();

}  // namespace gabion::inspect::coding
