// The quick way through JSON that nobody asks about: whole tokens, and only the names that something stands below.
#pragma once

#include <cstddef>
#include <string_view>

#include "inspect/dlp/fields/json_lexer.h"

namespace gabion::inspect::dlp {

/// Takes a lexer from token to token as JsonLexer::read() does, and stops in front of what it leaves to it: a token
/// that may go on behind the text, a string that may be JSON, and everything that is wrong.
class JsonSkim {
 public:
  /// Borrows both. The lexer is between two tokens.
  JsonSkim(JsonLexer& lexer, NameStack& names) noexcept : lexer_(lexer), names_(names) {}

  /// From text[i] on; returns where it stopped.
  std::size_t run(std::string_view text, std::size_t i);

 private:
  using Expect = JsonLexer::Expect;
  static constexpr std::size_t kStop = ~std::size_t{0};

  /// Each returns where it goes on behind the token at text[i], or kStop.
  std::size_t skip_string(std::string_view text, std::size_t i) noexcept;
  std::size_t skip_scalar(std::string_view text, std::size_t i) noexcept;
  std::size_t skip_mark(std::string_view text, std::size_t i);
  void name_level() noexcept;

  JsonLexer& lexer_;
  NameStack& names_;
  std::string_view key_;  ///< of the innermost level, not in names_ yet
  bool has_key_ = false;
};

}  // namespace gabion::inspect::dlp
