// Which naive form belongs to which transformation, and those that are a line.
#include "tests/inspect/waf/transform/naive.h"

#include <cctype>
#include <cstdio>

#include "tests/inspect/waf/transform/naive_pieces.h"

namespace gabion::inspect::waf::transform::naive {
namespace {

using seclang::Transformation;

/// Every byte by itself.
template <typename Rule>
std::string each_byte(std::string_view in, Rule rule) {
  return rewrite(in, [&rule](std::string_view rest) { return Piece{1, rule(rest[0])}; });
}

std::string formatted(const char* format, char c) {
  char text[8];
  std::snprintf(text, sizeof(text), format, static_cast<unsigned>(static_cast<unsigned char>(c)));
  return text;
}

bool is_space(char c) {
  return kSpaces.find(c) != std::string_view::npos;
}

std::string trimmed_left(std::string_view in) {
  return std::string(in.substr(std::min(in.find_first_not_of(kSpaces), in.size())));
}

std::string trimmed_right(std::string_view in) {
  return std::string(in.substr(0, in.find_last_not_of(kSpaces) + 1));
}

std::string compressed(std::string_view in) {
  std::string out;
  for (const char c : in) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return out;
}

unsigned loose_digit(char c) {
  const unsigned code = static_cast<unsigned char>(c);
  return code < 'A' ? code - '0' : (code & ~0x20U) - 'A' + 10U;
}

std::string hex_decoded(std::string_view in) {
  return rewrite(in, [](std::string_view rest) -> Piece {
    return rest.size() < 2 ? Piece{1, ""} : Piece{2, byte((loose_digit(rest[0]) << 4U) + loose_digit(rest[1]))};
  });
}

std::string url_encoded(char c) {
  return c == ' '                                                       ? "+"
         : c == '*' || std::isalnum(static_cast<unsigned char>(c)) != 0 ? std::string(1, c)
                                                                        : formatted("%%%02x", c);
}

}  // namespace

std::optional<std::string> apply(Transformation transformation, std::string_view in) {
  const auto one = [](char c) { return std::string(1, c); };
  switch (transformation) {
    case Transformation::kMd5:
    case Transformation::kSha1:
      return std::nullopt;
    case Transformation::kBase64Decode:
      return base64_decode(in);
    case Transformation::kBase64DecodeExt:
      return base64_decode_ext(in);
    case Transformation::kBase64Encode:
      return base64_encode(in);
    case Transformation::kCmdLine:
      return cmd_line(in);
    case Transformation::kCompressWhitespace:
      return compressed(in);
    case Transformation::kCssDecode:
      return css_decode(in);
    case Transformation::kEscapeSeqDecode:
      return escape_seq_decode(in);
    case Transformation::kHexDecode:
      return hex_decoded(in);
    case Transformation::kHexEncode:
      return each_byte(in, [](char c) { return formatted("%02x", c); });
    case Transformation::kHtmlEntityDecode:
      return html_entity_decode(in);
    case Transformation::kJsDecode:
      return js_decode(in);
    case Transformation::kLength:
      return std::to_string(in.size());
    case Transformation::kLowercase:
      return each_byte(in, [&one](char c) { return one(static_cast<char>(std::tolower(c))); });
    case Transformation::kNormalizePath:
      return normalize_path(in, "/");
    case Transformation::kNormalizePathWin:
      return normalize_path(in, "/\\");
    case Transformation::kRemoveComments:
      return remove_comments(in);
    case Transformation::kRemoveCommentsChar:
      return remove_comments_char(in);
    case Transformation::kRemoveNulls:
      return each_byte(in, [&one](char c) { return c == '\0' ? "" : one(c); });
    case Transformation::kRemoveWhitespace:
      return each_byte(in, [&one](char c) { return is_space(c) || c == '\xA0' || c == '\xC2' ? "" : one(c); });
    case Transformation::kReplaceComments:
      return replace_comments(in);
    case Transformation::kReplaceNulls:
      return each_byte(in, [&one](char c) { return c == '\0' ? " " : one(c); });
    case Transformation::kSqlHexDecode:
      return sql_hex_decode(in);
    case Transformation::kTrim:
      return trimmed_left(trimmed_right(in));
    case Transformation::kTrimLeft:
      return trimmed_left(in);
    case Transformation::kTrimRight:
      return trimmed_right(in);
    case Transformation::kUppercase:
      return each_byte(in, [&one](char c) { return one(static_cast<char>(std::toupper(c))); });
    case Transformation::kUrlDecode:
      return url_decode(in);
    case Transformation::kUrlDecodeUni:
      return url_decode_uni(in);
    case Transformation::kUrlEncode:
      return each_byte(in, url_encoded);
    case Transformation::kUtf8ToUnicode:
      return utf8_to_unicode(in);
  }
  return std::nullopt;
}

}  // namespace gabion::inspect::waf::transform::naive
