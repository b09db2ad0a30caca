// Values of a row as texts that can be looked at, and a cover as the value it stands for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/protocol/postgres/rows/stand_in.h"

namespace gabion::proxy::postgres {

/// The digits before the point of a number in binary: kInt8, kNumeric, kFloat8. Nothing: it is none, or too large for
/// anything to be in it.
[[nodiscard]] std::optional<std::string> digits_of(std::string_view value, Reading reading);

/// The same of each number of an array in binary (kInt8s, kNumerics, kFloat8s), and what the elements of a bytea[] in
/// text hold (kHexes): one behind the other, with commas between them. Nothing: nothing can be in it.
[[nodiscard]] std::optional<std::string> elements_of(std::string_view value, Reading reading);

/// "{1,2}", or with bounds of its own "[0:1]={1,2}" (PostgreSQL 15 §8.15.6).
[[nodiscard]] bool is_array_text(std::string_view text) noexcept;

/// An array, or JSON with members or elements, as far as its beginning shows that.
[[nodiscard]] bool holds_many_values(std::string_view text) noexcept;

/// `text` is nothing but a number with an exponent (4.111111111111111e+15), or an array, or JSON: each such number by
/// its digits before the point, anything else as it is. Nothing: it holds none that could have more than four digits.
[[nodiscard]] std::optional<std::string> without_exponents(std::string_view text);

/// What a bytea in text holds; nothing: it is not written in hexadecimal digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view value);
[[nodiscard]] std::string to_hex(std::string_view bytes);

}  // namespace gabion::proxy::postgres
