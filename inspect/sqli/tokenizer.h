// Cuts a value into SQL tokens, from a given place on, in one of two spellings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/sqli/token.h"

namespace gabion::inspect::sqli {

/// What servers disagree on: backslash in strings, # as a comment, -- without a blank behind it.
enum class Dialect : std::uint8_t {
  kStandard,  ///< '' escapes, -- always comments, # does not, [x] is a name
  kMySql,     ///< \' escapes too, # comments, -- comments only before a blank
};

/// Where the literal that began before `from` and ends with `quote` is closed; npos when it never is.
[[nodiscard]] std::size_t closing_quote(std::string_view value, std::size_t from, char quote, Dialect dialect) noexcept;

/// Tokens are views into `value`, which must outlive them. Each byte is read a constant number of times.
class Tokenizer {
 public:
  Tokenizer(std::string_view value, std::size_t from, Dialect dialect) noexcept
      : value_(value), at_(from), dialect_(dialect) {}

  /// kEnd for ever once the value is used up. Closed comments are blanks.
  [[nodiscard]] Token next() noexcept;

  /// The other dialect would have read what was taken so far in another way.
  [[nodiscard]] bool is_ambiguous() const noexcept { return ambiguous_; }

 private:
  [[nodiscard]] char peek(std::size_t ahead) const noexcept;
  [[nodiscard]] bool skip_blanks() noexcept;
  [[nodiscard]] bool skip_comment() noexcept;
  [[nodiscard]] bool comments_line() const noexcept;
  [[nodiscard]] Token line_comment(std::size_t marker) noexcept;
  [[nodiscard]] Token quoted(Kind kind) noexcept;
  [[nodiscard]] Token number() noexcept;
  [[nodiscard]] Token word() noexcept;
  [[nodiscard]] Token variable() noexcept;
  [[nodiscard]] std::size_t bracketed_name() const noexcept;
  [[nodiscard]] Token dollar() noexcept;
  [[nodiscard]] Token comparison() noexcept;
  [[nodiscard]] Token symbol() noexcept;
  [[nodiscard]] Token of(Kind kind, std::size_t length, Word word = Word::kNone) noexcept;
  void extend_dotted(std::size_t& end) const noexcept;

  std::string_view value_;
  std::size_t at_;
  Dialect dialect_;
  bool blank_before_ = false;
  bool ambiguous_ = false;
  std::size_t no_comment_end_ = std::string_view::npos;  ///< from here on no comment is closed
};

}  // namespace gabion::inspect::sqli
