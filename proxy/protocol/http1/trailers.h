// Which trailer fields travel on: they are read as strictly as a head, and never change what the head said.
#pragma once

#include <string_view>
#include <vector>

#include "inspect/message.h"

namespace gabion::proxy::http1 {

/// Trailer fields of a complete section, views into it. Fields that would change framing, routing, credentials or who
/// seems to call (RFC 9110 §6.5.1), and names with an underscore, are left out. False: malformed.
[[nodiscard]] bool parse_trailers(std::string_view section, std::vector<inspect::HeaderField>& fields);

/// The same of one field's name, of whatever version of HTTP.
[[nodiscard]] bool may_be_trailer(std::string_view name) noexcept;

}  // namespace gabion::proxy::http1
