// Asks a small JSON object for a key, without a tree.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// True when `json` is one object (RFC 8259) with a member `key` of its own whose value is a string. Brackets and
/// strings are followed; numbers and literals are not spelt out. `key` is compared without escapes.
[[nodiscard]] bool holds_json_string(std::string_view json, std::string_view key) noexcept;

}  // namespace gabion::inspect::dlp
