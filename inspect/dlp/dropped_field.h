// The bytes that go when a field of JSON or of a form goes: its name, its value and one separator.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace gabion::inspect::dlp {

struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// All of the JSON number, or of the string with its quotes, that `value` lies inside. Nothing: the string has no end.
[[nodiscard]] std::optional<ByteRange> json_number(std::string_view body, ByteRange value);
[[nodiscard]] std::optional<ByteRange> json_string(std::string_view body, ByteRange value);

/// `whole` is a value of the JSON text `body`; bytes before `dropped_to` are gone already. The member of an object with
/// the comma before it, or behind it where the one before is gone or there is none, so that what stays is JSON.
/// Nothing: it is no member of an object (an array's element, the whole text), or the text is not what it seems.
[[nodiscard]] std::optional<ByteRange> json_member(std::string_view body, ByteRange whole, std::size_t dropped_to);

/// The same of a form: "name=value" and an '&'.
[[nodiscard]] ByteRange form_field(std::string_view body, ByteRange value, std::size_t dropped_to);

}  // namespace gabion::inspect::dlp
