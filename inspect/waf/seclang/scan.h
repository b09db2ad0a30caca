// The few ways in which SecLang text is looked at everywhere: names without case, trimmed parts, whole numbers.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gabion::inspect::waf::seclang {

/// What is to be said about one directive: sentences without a place. Any error makes the whole load fail.
struct Remarks {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

constexpr std::string_view kBlanks = " \t\r\n\v\f";

[[nodiscard]] constexpr bool is_blank(char c) noexcept {
  return kBlanks.find(c) != std::string_view::npos;
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Equal but for ASCII case.
[[nodiscard]] bool same_name(std::string_view one, std::string_view other) noexcept;
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;
/// Non-empty parts between any of `separators`, trimmed; views into `text`.
[[nodiscard]] std::vector<std::string_view> parts_of(std::string_view text, std::string_view separators);
/// For messages: quoted, without control bytes, at most 60 bytes of it.
[[nodiscard]] std::string quoted(std::string_view text);

/// The whole text is one decimal number that fits.
template <class Number>
[[nodiscard]] std::optional<Number> number_of(std::string_view text) noexcept {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace gabion::inspect::waf::seclang
