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

/// What a bytea in text holds; nothing: it is not written in hexadecimal digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view value);
[[nodiscard]] std::string to_hex(std::string_view bytes);

}  // namespace gabion::proxy::postgres
