// One table look-up a byte, eight bytes a turn; what the bits say about each transformation.
#include <array>
#include <cstddef>

#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/transform.h"

namespace gabion::inspect::waf::transform {
namespace {

using seclang::Transformation;

enum : ByteClasses {
  kNothing = 0,
  kUrlEscape = 1U << 0U,      ///< % +
  kUpper = 1U << 1U,          ///< A-Z
  kLower = 1U << 2U,          ///< a-z
  kAmpersand = 1U << 3U,      ///< &
  kBackslash = 1U << 4U,      ///< backslash
  kNul = 1U << 5U,            ///< NUL
  kHigh = 1U << 6U,           ///< 0x80 and above
  kSpace = 1U << 7U,          ///< C's isspace
  kNoBreakSpace = 1U << 8U,   ///< 0xA0 0xC2
  kSlash = 1U << 9U,          ///< /
  kDot = 1U << 10U,           ///< .
  kStar = 1U << 11U,          ///< *
  kCommentToEnd = 1U << 12U,  ///< # -
  kShell = 1U << 13U,         ///< " ' ^ , ;
  kNotUrlSafe = 1U << 14U,    ///< what urlEncode writes otherwise
  kAnything = 1U << 31U,      ///< any byte at all, in masks only
};

constexpr ByteClasses punctuation_of(char c) noexcept {
  switch (c) {
    case '\0':
      return kNul;
    case '%':
    case '+':
      return kUrlEscape;
    case '&':
      return kAmpersand;
    case '\\':
      return kBackslash;
    case '/':
      return kSlash;
    case '.':
      return kDot;
    case '*':
      return kStar;
    case '#':
    case '-':
      return kCommentToEnd;
    case '"':
    case '\'':
    case '^':
    case ',':
    case ';':
      return kShell;
    case '\xA0':
    case '\xC2':
      return kNoBreakSpace;
    default:
      return kNothing;
  }
}

constexpr ByteClasses class_of(char c) noexcept {
  ByteClasses classes = punctuation_of(c);
  classes |= c >= 'A' && c <= 'Z' ? kUpper : kNothing;
  classes |= c >= 'a' && c <= 'z' ? kLower : kNothing;
  classes |= is_space(c) ? kSpace : kNothing;
  classes |= static_cast<unsigned char>(c) >= 0x80 ? kHigh : kNothing;
  classes |= c == '*' || is_alnum(c) ? kNothing : kNotUrlSafe;
  return classes;
}

constexpr std::array<ByteClasses, 256> make_table() noexcept {
  std::array<ByteClasses, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    table[byte] = class_of(static_cast<char>(byte));
  }
  return table;
}
constexpr auto kTable = make_table();
constexpr std::size_t kStride = 8;

/// A transformation leaves a value alone that has none of these bytes.
constexpr ByteClasses concerns(Transformation transformation) noexcept {
  switch (transformation) {
    case Transformation::kBase64Decode:
    case Transformation::kBase64DecodeExt:
    case Transformation::kBase64Encode:
    case Transformation::kHexDecode:
    case Transformation::kHexEncode:
    case Transformation::kLength:
    case Transformation::kMd5:
    case Transformation::kSha1:
    case Transformation::kSqlHexDecode:
      return kAnything;
    case Transformation::kCmdLine:
      return kShell | kBackslash | kSpace | kUpper;
    case Transformation::kCssDecode:
      return kBackslash;
    case Transformation::kEscapeSeqDecode:
    case Transformation::kJsDecode:
      return kBackslash;
    case Transformation::kHtmlEntityDecode:
      return kAmpersand;
    case Transformation::kLowercase:
      return kUpper;
    case Transformation::kUppercase:
      return kLower;
    case Transformation::kNormalizePath:
      return kSlash | kDot;
    case Transformation::kNormalizePathWin:
      return kSlash | kDot | kBackslash;
    case Transformation::kRemoveComments:
    case Transformation::kRemoveCommentsChar:
      return kCommentToEnd | kStar;
    case Transformation::kReplaceComments:
      return kStar;
    case Transformation::kRemoveNulls:
    case Transformation::kReplaceNulls:
      return kNul;
    case Transformation::kRemoveWhitespace:
      return kSpace | kNoBreakSpace;
    case Transformation::kCompressWhitespace:
    case Transformation::kTrim:
    case Transformation::kTrimLeft:
    case Transformation::kTrimRight:
      return kSpace;
    case Transformation::kUrlDecode:
    case Transformation::kUrlDecodeUni:
      return kUrlEscape;
    case Transformation::kUrlEncode:
      return kNotUrlSafe;
    case Transformation::kUtf8ToUnicode:
      return kHigh | kNul;
  }
  return kAnything;
}

/// "/*" and "*/" need both; every other mark begins with what kCommentToEnd names or holds it.
constexpr bool needs_slash(Transformation transformation) noexcept {
  return transformation == Transformation::kReplaceComments || transformation == Transformation::kRemoveComments ||
         transformation == Transformation::kRemoveCommentsChar;
}

}  // namespace

ByteClasses classes_of(std::string_view value) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
  const unsigned char* const end = bytes + value.size();
  ByteClasses even = 0;
  ByteClasses odd = 0;
  for (; static_cast<std::size_t>(end - bytes) >= kStride; bytes += kStride) {
    even |= kTable[bytes[0]] | kTable[bytes[2]] | kTable[bytes[4]] | kTable[bytes[6]];
    odd |= kTable[bytes[1]] | kTable[bytes[3]] | kTable[bytes[5]] | kTable[bytes[7]];
  }
  for (; bytes != end; ++bytes) {
    even |= kTable[*bytes];
  }
  return even | odd;
}

bool may_change(seclang::Transformation transformation, ByteClasses classes) noexcept {
  const ByteClasses wanted = concerns(transformation);
  if (needs_slash(transformation) && (classes & kSlash) == 0) {
    return (wanted & classes & ~static_cast<ByteClasses>(kStar)) != 0;
  }
  return wanted == kAnything || (wanted & classes) != 0;
}

}  // namespace gabion::inspect::waf::transform
