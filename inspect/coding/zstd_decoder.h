// Decodes zstd (RFC 8878), windows up to 8 MiB (RFC 9659).
#pragma once

#include "inspect/coding/decoder.h"

namespace gabion::inspect::coding {

/// Several frames are one text.
/// Null: out of memory.
[[nodiscard]] std::unique_ptr<Decoder> make_zstd_decoder();

}  // namespace gabion::inspect::coding
