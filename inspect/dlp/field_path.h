// Where a finding stands, as text for logs: names, never values.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace gabion::inspect::dlp {

/// A path never grows longer.
constexpr std::size_t kMaxFieldBytes = 64;

/// "/customer/card", as a JSON pointer (RFC 6901); "" without names. Names come from traffic and may be values
/// themselves (numbers or addresses as keys): one that does not look like a word is shown as its shape, letters as x
/// and digits as 9. Cut at kMaxFieldBytes.
[[nodiscard]] std::string field_path(std::span<const std::string_view> names);

}  // namespace gabion::inspect::dlp
