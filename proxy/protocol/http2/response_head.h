// An HTTP/2 response's header block as the head that the rest of the proxy knows.
#pragma once

#include <cstdint>
#include <vector>

#include "proxy/protocol/http1/head.h"
#include "proxy/protocol/http2/field_block.h"

namespace gabion::proxy::http2 {

/// What is known of a response beside its header block.
struct ResponseFacts {
  bool answers_head = false;
  bool ends_here = false;  ///< neither body nor trailers follow
};

/// Three digits, the first of them 1 to 9; 0 for anything else.
[[nodiscard]] std::uint16_t status_of(std::string_view text) noexcept;

/// `head` views into `block`. Framing says how the body's end is known to whoever reads on in HTTP/1 words: kLength as
/// announced, else kChunked. Null: fine; else what is wrong (RFC 9113 §8.3).
[[nodiscard]] const char* read_response_head(const FieldBlock& block, const ResponseFacts& facts, http1::Head& head);

/// Of a trailer block, views into it: those that may travel (http1::may_be_trailer).
void read_trailers(const FieldBlock& block, std::vector<inspect::HeaderField>& fields);

}  // namespace gabion::proxy::http2
