// Every transformation, for tests that try all of them.
#pragma once

#include <array>

#include "inspect/waf/seclang/words.h"

namespace gabion::inspect::waf::transform {

struct NamedTransformation {
  seclang::Transformation transformation;
  const char* name;  ///< as ModSecurity spells it
};

inline constexpr std::array<NamedTransformation, 32> kAllTransformations = {{
    {seclang::Transformation::kBase64Decode, "base64Decode"},
    {seclang::Transformation::kBase64DecodeExt, "base64DecodeExt"},
    {seclang::Transformation::kBase64Encode, "base64Encode"},
    {seclang::Transformation::kCmdLine, "cmdLine"},
    {seclang::Transformation::kCompressWhitespace, "compressWhitespace"},
    {seclang::Transformation::kCssDecode, "cssDecode"},
    {seclang::Transformation::kEscapeSeqDecode, "escapeSeqDecode"},
    {seclang::Transformation::kHexDecode, "hexDecode"},
    {seclang::Transformation::kHexEncode, "hexEncode"},
    {seclang::Transformation::kHtmlEntityDecode, "htmlEntityDecode"},
    {seclang::Transformation::kJsDecode, "jsDecode"},
    {seclang::Transformation::kLength, "length"},
    {seclang::Transformation::kLowercase, "lowercase"},
    {seclang::Transformation::kMd5, "md5"},
    {seclang::Transformation::kNormalizePath, "normalizePath"},
    {seclang::Transformation::kNormalizePathWin, "normalizePathWin"},
    {seclang::Transformation::kRemoveComments, "removeComments"},
    {seclang::Transformation::kRemoveCommentsChar, "removeCommentsChar"},
    {seclang::Transformation::kRemoveNulls, "removeNulls"},
    {seclang::Transformation::kRemoveWhitespace, "removeWhitespace"},
    {seclang::Transformation::kReplaceComments, "replaceComments"},
    {seclang::Transformation::kReplaceNulls, "replaceNulls"},
    {seclang::Transformation::kSha1, "sha1"},
    {seclang::Transformation::kSqlHexDecode, "sqlHexDecode"},
    {seclang::Transformation::kTrim, "trim"},
    {seclang::Transformation::kTrimLeft, "trimLeft"},
    {seclang::Transformation::kTrimRight, "trimRight"},
    {seclang::Transformation::kUppercase, "uppercase"},
    {seclang::Transformation::kUrlDecode, "urlDecode"},
    {seclang::Transformation::kUrlDecodeUni, "urlDecodeUni"},
    {seclang::Transformation::kUrlEncode, "urlEncode"},
    {seclang::Transformation::kUtf8ToUnicode, "utf8toUnicode"},
}};

}  // namespace gabion::inspect::waf::transform
