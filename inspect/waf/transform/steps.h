// One function a transformation, writing to memory the caller has sized.
#pragma once

#include <cstddef>
#include <string_view>

namespace gabion::inspect::waf::transform {

/// Reads `in`, writes from `out` on and returns where the output ends. The two do not overlap. Those of the first group
/// never write more bytes than they read, and `out` holds a copy of `in` when they begin: what stays needs no writing.
using Step = char* (*)(std::string_view in, char* out);

char* cmd_line(std::string_view in, char* out) noexcept;
char* compress_whitespace(std::string_view in, char* out) noexcept;
char* css_decode(std::string_view in, char* out) noexcept;
char* escape_seq_decode(std::string_view in, char* out) noexcept;
char* hex_decode(std::string_view in, char* out) noexcept;
char* html_entity_decode(std::string_view in, char* out) noexcept;
char* js_decode(std::string_view in, char* out) noexcept;
char* lowercase(std::string_view in, char* out) noexcept;
char* normalize_path(std::string_view in, char* out) noexcept;
char* normalize_path_win(std::string_view in, char* out) noexcept;
char* remove_comments(std::string_view in, char* out) noexcept;
char* remove_comments_char(std::string_view in, char* out) noexcept;
char* remove_nulls(std::string_view in, char* out) noexcept;
char* remove_whitespace(std::string_view in, char* out) noexcept;
char* replace_comments(std::string_view in, char* out) noexcept;
char* replace_nulls(std::string_view in, char* out) noexcept;
char* sql_hex_decode(std::string_view in, char* out) noexcept;
char* trim(std::string_view in, char* out) noexcept;
char* trim_left(std::string_view in, char* out) noexcept;
char* trim_right(std::string_view in, char* out) noexcept;
char* uppercase(std::string_view in, char* out) noexcept;
char* url_decode(std::string_view in, char* out) noexcept;
char* url_decode_uni(std::string_view in, char* out) noexcept;
char* base64_decode(std::string_view in, char* out) noexcept;
char* base64_decode_ext(std::string_view in, char* out) noexcept;

/// These may write more than they read: at most the number of bytes named; `out` holds nothing.
char* base64_encode(std::string_view in, char* out) noexcept;    ///< 4 for each 3 or part of 3
char* hex_encode(std::string_view in, char* out) noexcept;       ///< 2 for each
char* length(std::string_view in, char* out) noexcept;           ///< 20
char* md5(std::string_view in, char* out) noexcept;              ///< 16
char* sha1(std::string_view in, char* out) noexcept;             ///< 20
char* url_encode(std::string_view in, char* out) noexcept;       ///< 3 for each
char* utf8_to_unicode(std::string_view in, char* out) noexcept;  ///< 4 for each

}  // namespace gabion::inspect::waf::transform
