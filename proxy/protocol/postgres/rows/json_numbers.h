// Numbers in JSON that are written with an exponent, by their digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gabion::proxy::postgres {

/// `text` is JSON, or may be: each number outside its strings that has an exponent (4.111111111111111E15) by its digits
/// before the point, exact, all else as it is. Numbers of fewer than five digits, and of more than 40, stay as they
/// are. Nothing: there is none.
[[nodiscard]] std::optional<std::string> json_without_exponents(std::string_view text);

}  // namespace gabion::proxy::postgres
