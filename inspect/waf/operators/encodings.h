// @validateUrlEncoding and @validateUtf8Encoding: where a text breaks its encoding.
#pragma once

#include <string_view>

namespace gabion::inspect::waf::operators {

/// The first '%' that two hexadecimal digits do not follow; npos = none.
[[nodiscard]] std::size_t find_bad_url_encoding(std::string_view text) noexcept;

/// The first byte that begins no character of RFC 3629: cut short, overlong, a surrogate, beyond U+10FFFF; npos = none.
[[nodiscard]] std::size_t find_bad_utf8(std::string_view text) noexcept;

}  // namespace gabion::inspect::waf::operators
