// The blanks that HTTP allows around the parts of a field.
#pragma once

#include <string_view>

namespace gabion::inspect {

/// Without the blanks and tabs at both ends (OWS, RFC 9110 §5.6.3).
[[nodiscard]] constexpr std::string_view without_blanks(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace gabion::inspect
