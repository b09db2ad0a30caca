// The ways in which a value may be wrapped on its way to an application.
#pragma once

#include <optional>
#include <string_view>

#include "inspect/http/byte_arena.h"

namespace gabion::inspect::sql::taint {

/// Percent escapes and '+'; a broken escape stays. Nothing where there is nothing to decode. The result is in `arena`.
[[nodiscard]] std::optional<std::string_view> decode_percent(std::string_view text, http::ByteArena& arena);

/// Base64 of either alphabet, with or without padding, of at least 8 characters, that decodes to text: no control
/// bytes but blanks. Nothing otherwise.
[[nodiscard]] std::optional<std::string_view> decode_base64(std::string_view text, http::ByteArena& arena);

/// Whether it may be a JSON object, array or string.
[[nodiscard]] bool looks_like_json(std::string_view trimmed) noexcept;

}  // namespace gabion::inspect::sql::taint
