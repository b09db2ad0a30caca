// One message compressed by itself: undone within bounds, and done again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inspect/coding/body_decoder.h"
#include "inspect/grpc/call_fields.h"

namespace gabion::inspect::grpc {

/// Replaces `out` by the text of `bytes`. REQUIRES: kGzip or kDeflate. Whatever the bytes say, `out` does not outgrow
/// limits.bytes by more than 16 KiB.
[[nodiscard]] coding::DecodeError decode_message(Encoding encoding, std::string_view bytes,
                                                 const coding::DecodeLimits& limits, std::string& out);

/// Appends the compressed text. False: the library failed, and what was appended is worth nothing.
[[nodiscard]] bool encode_message(Encoding encoding, std::string_view text, std::string& out);

}  // namespace gabion::inspect::grpc
