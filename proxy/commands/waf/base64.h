// Base64 (RFC 4648, with padding) read back to bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gabion::proxy::waf {

/// nullopt: not base64.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace gabion::proxy::waf
