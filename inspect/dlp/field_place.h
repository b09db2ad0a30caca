// Where a stretch of text stands in its message: the seam between what reads structure and what looks for values.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gabion::inspect::dlp {

/// Offsets count bytes of the *flat* text of a message: its bytes with the escapes of its format undone (JSON's \u0034,
/// a form's %34, …). Where nothing was escaped flat and raw bytes are the same.
using FlatOffset = std::uint64_t;

enum class ValueKind : std::uint8_t {
  kText,          ///< no structure known: '*' may cover it
  kString,        ///< a quoted JSON string: '*' may cover it, never its quotes
  kJsonNumber,    ///< must stay a number, or become a string
  kNestedNumber,  ///< of JSON in a string, whose quotes would need escapes: must stay a number
  kName,          ///< a key, a parameter's name, a header's name
};

constexpr bool is_number(ValueKind kind) noexcept {
  return kind == ValueKind::kJsonNumber || kind == ValueKind::kNestedNumber;
}

/// The value that holds a stretch of text.
struct FieldPlace {
  /// Outermost first: keys of a JSON path, a form's key, a header, a column, a multipart name, an element. Array
  /// positions are not among them. Valid until the reader is fed again. Empty: text without structure.
  std::span<const std::string_view> names;
  FlatOffset begin = 0;          ///< of the value's first byte
  FlatOffset end = kUnknownEnd;  ///< behind its last byte; kUnknownEnd: not seen yet
  ValueKind kind = ValueKind::kText;
  /// The end of the text that stands before it as a heading may (HTML): for cues, never shown. Valid as `names` are.
  std::string_view label{};

  static constexpr FlatOffset kUnknownEnd = ~FlatOffset{0};
};

/// Answers for text that was read and is not decided yet.
class FieldSource {
 public:
  virtual ~FieldSource() = default;
  /// The value that holds flat byte `at`. REQUIRES: `at` is at or behind the last offset given to forget_before() and
  /// before the end of what was read.
  [[nodiscard]] virtual FieldPlace at(FlatOffset at) const noexcept = 0;
};

/// Text that has no structure: one value from its beginning to its end.
class NoFields final : public FieldSource {
 public:
  [[nodiscard]] FieldPlace at(FlatOffset /*at*/) const noexcept override { return {}; }
};

}  // namespace gabion::inspect::dlp
