// Base64 as SCRAM writes it (RFC 4648 §4): with padding, nothing else among it, one spelling for every value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gabion::proxy::postgres {

void append_base64(std::string& out, std::string_view bytes);
/// Nothing: not the spelling append_base64() writes.
[[nodiscard]] std::optional<std::string> read_base64(std::string_view text);

}  // namespace gabion::proxy::postgres
