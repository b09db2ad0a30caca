// The hosts a route or rule names: an exact host, "*.x" for everything below x, or "*", each with or without a port.
#pragma once

#include <string>
#include <string_view>

#include "config/result.h"

namespace gabion::config {

/// "orders.shop", "*.shop.svc", "orders.shop:8080", "10.0.0.1", "[::1]:80", "*", "*:8080". Lower case, no trailing dot,
/// IPv6 in brackets and its canonical spelling: a pattern is compared byte for byte. Answers `text` itself.
[[nodiscard]] Result<std::string> parse_host_pattern(std::string_view text);

}  // namespace gabion::config
