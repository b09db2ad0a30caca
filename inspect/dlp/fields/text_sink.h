// What a decoder passes on: bytes as they came, and bytes that stand for others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::inspect::dlp {

/// How many layers of escapes were undone to get a byte. A quote of level 0 is a quote to JSON, one of level 1 (from
/// \") is content of a string, and a quote to JSON inside that string; one of level 2 is content there, too.
using EscapeLevel = std::uint8_t;

/// Means nothing to any structure: text whose map was too large to keep.
constexpr EscapeLevel kOpaque = 255;

/// Decoded from base64.
constexpr EscapeLevel kFromBase64 = 254;

/// Gets a message's text in order, in pieces of any size. The result never depends on how it was cut.
class TextSink {
 public:
  virtual ~TextSink() = default;
  /// Bytes that stand for themselves: one raw byte each, level 0. Valid during the call.
  virtual void plain(std::string_view bytes) = 0;
  /// `raw_bytes` raw bytes stand for `flat` (which may be empty): nobody can cover a part of them. One byte
  /// for one has a level above 0.
  virtual void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) = 0;
};

}  // namespace gabion::inspect::dlp
