// How COPY writes one field: escapes of its text format, quotes of CSV, and NULL (COPY, "File Formats").
#pragma once

#include <string>
#include <string_view>

#include "proxy/protocol/postgres/rows/copy_rewriter.h"

namespace gabion::proxy::postgres {

inline constexpr std::string_view kCopySignature{"PGCOPY\n\xff\r\n\0", 11};

/// Of kText and kCsv.
[[nodiscard]] std::string_view copy_null(CopyFormat format) noexcept;
/// The text of a field that is not NULL.
[[nodiscard]] std::string decode_copy_field(std::string_view field, CopyFormat format);
void append_copy_field(std::string& out, std::string_view text, CopyFormat format);

}  // namespace gabion::proxy::postgres
