// Cuts SecLang text into directives (continued lines joined, comments gone) and a directive into words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/waf/seclang/scan.h"

namespace gabion::inspect::waf::seclang {

struct Directive {
  std::uint32_t line = 0;  ///< of its first line, from 1
  std::string text;        ///< without the line breaks, not empty
};

/// Views `text`. A backslash before the line break continues the line; comment lines within a continued directive are
/// left out; a comment on a SecRule or SecAction goes on over its continuation, but never over another directive.
class DirectiveReader {
 public:
  explicit DirectiveReader(std::string_view text);

  /// nullopt at the end.
  [[nodiscard]] std::optional<Directive> next();

 private:
  std::string_view take_line();
  void skip_commented_rule();

  std::string_view rest_;
  std::uint32_t line_ = 0;  ///< of what take_line() gave last
};

/// Words are bare, in "double" or in 'single' quotes; in quotes a backslash before that quote is taken away and every
/// other one stays. A bare word may hold a quoted selector (TX:'/a b/').
[[nodiscard]] std::vector<std::string> words_of(std::string_view directive, Remarks& remarks);

}  // namespace gabion::inspect::waf::seclang
