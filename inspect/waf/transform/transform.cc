// Which function does which transformation, and how much memory it may need.
#include "inspect/waf/transform/transform.h"

#include <cstring>

#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {
namespace {

using seclang::Transformation;

constexpr std::size_t kLengthBytes = 20;
constexpr std::size_t kDigestBytes = 64;

Step step_of(Transformation transformation) noexcept {
  switch (transformation) {
    case Transformation::kBase64Decode:
      return base64_decode;
    case Transformation::kBase64DecodeExt:
      return base64_decode_ext;
    case Transformation::kBase64Encode:
      return base64_encode;
    case Transformation::kCmdLine:
      return cmd_line;
    case Transformation::kCompressWhitespace:
      return compress_whitespace;
    case Transformation::kCssDecode:
      return css_decode;
    case Transformation::kEscapeSeqDecode:
      return escape_seq_decode;
    case Transformation::kHexDecode:
      return hex_decode;
    case Transformation::kHexEncode:
      return hex_encode;
    case Transformation::kHtmlEntityDecode:
      return html_entity_decode;
    case Transformation::kJsDecode:
      return js_decode;
    case Transformation::kLength:
      return length;
    case Transformation::kLowercase:
      return lowercase;
    case Transformation::kMd5:
      return md5;
    case Transformation::kNormalizePath:
      return normalize_path;
    case Transformation::kNormalizePathWin:
      return normalize_path_win;
    case Transformation::kRemoveComments:
      return remove_comments;
    case Transformation::kRemoveCommentsChar:
      return remove_comments_char;
    case Transformation::kRemoveNulls:
      return remove_nulls;
    case Transformation::kRemoveWhitespace:
      return remove_whitespace;
    case Transformation::kReplaceComments:
      return replace_comments;
    case Transformation::kReplaceNulls:
      return replace_nulls;
    case Transformation::kSha1:
      return sha1;
    case Transformation::kSqlHexDecode:
      return sql_hex_decode;
    case Transformation::kTrim:
      return trim;
    case Transformation::kTrimLeft:
      return trim_left;
    case Transformation::kTrimRight:
      return trim_right;
    case Transformation::kUppercase:
      return uppercase;
    case Transformation::kUrlDecode:
      return url_decode;
    case Transformation::kUrlDecodeUni:
      return url_decode_uni;
    case Transformation::kUrlEncode:
      return url_encode;
    case Transformation::kUtf8ToUnicode:
      return utf8_to_unicode;
  }
  return nullptr;
}

/// The greatest output for `size` bytes; 0 for those that never write more than they read.
std::size_t grown(Transformation transformation, std::size_t size) noexcept {
  if (transformation == Transformation::kBase64Encode || transformation == Transformation::kHexEncode) {
    return 2 * size + 4;
  }
  if (transformation == Transformation::kUrlEncode) {
    return 3 * size + 1;
  }
  if (transformation == Transformation::kUtf8ToUnicode) {
    return 4 * size + 1;
  }
  if (transformation == Transformation::kLength) {
    return kLengthBytes;
  }
  const bool digests = transformation == Transformation::kMd5 || transformation == Transformation::kSha1;
  return digests ? kDigestBytes : 0;
}

}  // namespace

bool apply(seclang::Transformation transformation, std::string_view value, std::string& out) {
  const std::size_t size = grown(transformation, value.size());
  if (size == 0) {
    out.assign(value);
  } else {
    out.resize(size);
  }
  const char* const end = step_of(transformation)(value, out.data());
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out != value;
}

}  // namespace gabion::inspect::waf::transform
