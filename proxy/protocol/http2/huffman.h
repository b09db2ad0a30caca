// Strings that HPACK's Huffman code made shorter.
#pragma once

#include <string>
#include <string_view>

namespace gabion::proxy::http2 {

/// RFC 7541 §5.2 and appendix B: `text` becomes what `coded` says, at most 8/5 of its bytes. False: it holds EOS, or
/// its padding is longer than seven bits or not all ones.
[[nodiscard]] bool decode_huffman(std::string_view coded, std::string& text);

}  // namespace gabion::proxy::http2
