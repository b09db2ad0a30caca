// May an expression look at several values at once, one a line, without missing what it would find in one of them?
#pragma once

#include <string>
#include <string_view>

namespace gabion::inspect::match {

/// True: with ^ and $ that know lines, each match in a value that is not empty is one too where the value is a line
/// among others. Neither \A, \z and their like nor look-arounds, verbs or options beside i, m and s stand in it.
[[nodiscard]] bool can_join(std::string_view expression) noexcept;

/// The expression with the ends of a line for the ends of the text: meets whatever `expression` meets, and maybe more.
/// Unchanged where there is nothing to change or it is hard to read (\Q).
[[nodiscard]] std::string loosen_ends(std::string_view expression);

}  // namespace gabion::inspect::match
