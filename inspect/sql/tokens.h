// The tokens of a text as PostgreSQL's own lexer cuts it, comments among them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gabion::inspect::sql {

struct Token {
  enum class Kind : std::uint8_t {
    kConstant,
    kParameter,
    kIdentifier,
    kKeyword,   ///< one that may also be a column's name
    kReserved,  ///< any other keyword
    kOther,
    kLineComment,
    kBlockComment
  };
  Kind kind = Kind::kOther;
  std::uint32_t begin = 0;  ///< bytes
  std::uint32_t end = 0;
};

/// Fills `out`, cleared first. False when the text is no text of SQL (a literal without an end), or one that would keep
/// the lexer for seconds; `out` is empty then. Lexes as Parser does, on a thread that has a Parser. `text` may hold no
/// NUL.
[[nodiscard]] bool scan_tokens(std::string_view text, std::vector<Token>& out);

}  // namespace gabion::inspect::sql
