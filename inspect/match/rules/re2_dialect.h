// Says an expression of PCRE2 in RE2's words, where both mean the same on bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gabion::inspect::match {

/// For RE2 with Latin-1 input; begins with (?sm), "\s" includes VT as in PCRE2. nullopt: holds something RE2 reads
/// otherwise or not at all. RE2 may still refuse the result. One difference stays: RE2's ^ also matches behind a line
/// feed that ends the value, so that RE2 finds more there and never less.
[[nodiscard]] std::optional<std::string> to_re2(std::string_view expression);

}  // namespace gabion::inspect::match
