// What a text costs PostgreSQL's lexer where that grows with the square of its length.
#pragma once

#include <cstddef>
#include <string_view>

namespace gabion::inspect::sql {

/// Of bytes that are read again and again: 32 KiB of /*/*/*… take seconds, so does the server with them. A run of
/// operator characters with many /* in it is read from each of them to its end, a run of + from each of its bytes.
[[nodiscard]] std::size_t lexer_cost(std::string_view text) noexcept;

/// Above it a text is not given to the lexer.
inline constexpr std::size_t kMostLexerCost = std::size_t{1} << 20;

}  // namespace gabion::inspect::sql
