// Header blocks as HPACK says them (RFC 7541), without a table of our own.
#pragma once

#include <string>
#include <string_view>

#include "proxy/protocol/http2/field_block.h"

namespace gabion::proxy::http2 {

/// Writes an index where the static table has the field (RFC 7541 appendix A), else a literal whose name is an index
/// where that table has the name. Strings stay as they are: a hop inside a node saves more by reading and writing no
/// Huffman code and by keeping no table in step than by some hundred bytes fewer. Literals are never indexed (§6.2.3):
/// whoever sent a field may have said so of it, and behind us nobody can tell. The peer must know that our table is
/// empty: see Session.
/// Puts the block behind what is in `wire`.
void write_header_block(const FieldBlock& block, std::string& wire);

/// Index of a field in the static table, or of the first with its name; 0: neither. For tests.
struct StaticIndex {
  std::uint8_t name = 0;
  std::uint8_t field = 0;
};
[[nodiscard]] StaticIndex static_index(std::string_view name, std::string_view value) noexcept;

}  // namespace gabion::proxy::http2
