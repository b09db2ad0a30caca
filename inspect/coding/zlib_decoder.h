// Decodes gzip (RFC 1952) and deflate (RFC 1950, and 1951 where a server means that), by zlib.
#pragma once

#include "inspect/coding/decoder.h"

namespace gabion::inspect::coding {

/// Several members are one text (RFC 1952 §2.2).
[[nodiscard]] std::unique_ptr<Decoder> make_gzip_decoder();
/// Zlib wrapping or none, told by the first two bytes.
[[nodiscard]] std::unique_ptr<Decoder> make_deflate_decoder();

}  // namespace gabion::inspect::coding
