// Published good and bad values of every check, shared by the tests.
#pragma once

#include <span>
#include <string_view>

namespace gabion::inspect::dlp {

struct Vector {
  std::string_view check;
  std::string_view value;
};

/// Pass. From the standards' own examples, the authorities' pages and dlp.md §3.
[[nodiscard]] std::span<const Vector> good_values();
/// Fail: published counterexamples, one rule broken in each.
[[nodiscard]] std::span<const Vector> bad_values();

}  // namespace gabion::inspect::dlp
