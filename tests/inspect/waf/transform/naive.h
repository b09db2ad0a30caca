// The transformations a second time, short and slow, to compare with: each takes one piece off the front at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inspect/waf/seclang/words.h"

namespace gabion::inspect::waf::transform::naive {

/// nullopt for md5 and sha1, which have test vectors instead.
[[nodiscard]] std::optional<std::string> apply(seclang::Transformation transformation, std::string_view in);

std::string base64_decode(std::string_view in);
std::string base64_decode_ext(std::string_view in);
std::string base64_encode(std::string_view in);
std::string cmd_line(std::string_view in);
std::string css_decode(std::string_view in);
std::string escape_seq_decode(std::string_view in);
std::string html_entity_decode(std::string_view in);
std::string js_decode(std::string_view in);
/// `separators` are "/" or "/\\".
std::string normalize_path(std::string_view in, std::string_view separators);
std::string remove_comments(std::string_view in);
std::string remove_comments_char(std::string_view in);
std::string replace_comments(std::string_view in);
std::string sql_hex_decode(std::string_view in);
std::string url_decode(std::string_view in);
std::string url_decode_uni(std::string_view in);
std::string utf8_to_unicode(std::string_view in);

}  // namespace gabion::inspect::waf::transform::naive
