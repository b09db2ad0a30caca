// The sentences of BodyError.
#include "inspect/http/named_values.h"

namespace gabion::inspect::http {

std::string_view to_string(BodyError error) noexcept {
  switch (error) {
    case BodyError::kNone:
      return "";
    case BodyError::kSyntax:
      return "the body breaks the syntax of its format";
    case BodyError::kUnexpectedEnd:
      return "the body ends in the middle of a value";
    case BodyError::kTrailingBytes:
      return "something follows the end of the document";
    case BodyError::kTooManyValues:
      return "the body has more values than the argument limit allows";
    case BodyError::kTooDeep:
      return "the body is nested deeper than the depth limit allows";
    case BodyError::kTooLarge:
      return "the names and values of the body take more memory than the limit allows";
    case BodyError::kBadEncoding:
      return "the body has bytes that are not text in its character encoding";
    case BodyError::kBadEscape:
      return "the body has an escape sequence that does not exist";
    case BodyError::kUnknownEntity:
      return "the body refers to an entity other than the five of XML; entities are not expanded";
    case BodyError::kMismatchedTag:
      return "an end tag of the body does not match its start tag";
    case BodyError::kNoBoundary:
      return "the multipart content type has no boundary";
    case BodyError::kBadBoundary:
      return "the multipart content type has a boundary that is malformed";
    case BodyError::kBoundaryNotFound:
      return "the multipart boundary does not occur in the body";
    case BodyError::kNoFinalBoundary:
      return "the multipart body ends without its final boundary";
    case BodyError::kBoundaryLine:
      return "a line of the multipart body begins with the boundary and goes on with something else";
    case BodyError::kPartHeader:
      return "a part header of the multipart body is malformed";
    case BodyError::kPartWithoutName:
      return "a part of the multipart body has no valid Content-Disposition with a name";
    case BodyError::kTooManyParts:
      return "the multipart body has more parts than the limit allows";
  }
  return "";
}

}  // namespace gabion::inspect::http
