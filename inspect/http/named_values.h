// A request's body and query as named values, filled by the parsers of this folder, bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gabion::inspect::http {

/// Both view the parsed bytes or an arena of the parser; valid until the parser's next reset.
struct NamedValue {
  std::string_view name;
  std::string_view value;
};

/// What stopped or troubled a body parser. to_string() is the text of REQBODY_ERROR_MSG.
enum class BodyError : std::uint8_t {
  kNone,
  kSyntax,
  kUnexpectedEnd,
  kTrailingBytes,
  kTooManyValues,
  kTooDeep,
  kTooLarge,
  kBadEncoding,
  kBadEscape,
  kUnknownEntity,
  kMismatchedTag,
  kNoBoundary,
  kBadBoundary,
  kBoundaryNotFound,
  kNoFinalBoundary,
  kBoundaryLine,
  kPartHeader,
  kPartWithoutName,
  kTooManyParts,
};
[[nodiscard]] std::string_view to_string(BodyError error) noexcept;

}  // namespace gabion::inspect::http
