// The reader for a message, by what its head says.
#pragma once

#include <memory>
#include <string_view>

#include "inspect/dlp/fields/field_reader.h"

namespace gabion::inspect::dlp {

/// For bodies of this format; begin() gets the rest of their Content-Type. Never null.
[[nodiscard]] std::unique_ptr<FieldReader> make_body_reader(Format format);

/// For a query, without its '?'.
[[nodiscard]] std::unique_ptr<FieldReader> make_query_reader();

/// For the value of a header; Cookie and Set-Cookie have names in it.
[[nodiscard]] std::unique_ptr<FieldReader> make_header_reader(std::string_view name);

}  // namespace gabion::inspect::dlp
