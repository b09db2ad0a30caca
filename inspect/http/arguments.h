// A query string or an application/x-www-form-urlencoded body, split and decoded as ModSecurity v3 does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "inspect/http/byte_arena.h"
#include "inspect/http/named_values.h"

namespace gabion::inspect::http {

/// One thread. One object for the query, another for the body: parse() replaces what was there.
class Arguments {
 public:
  void reset() noexcept;

  /// Splits at `separator`, then at the first '=', decodes '+' and %XX; a broken escape stays as it is and is flagged.
  /// An empty piece between separators is a value with an empty name, one after the last separator is nothing.
  /// Keeps the first `limit` values and answers kTooManyValues when there are more. `text` must outlive the values.
  BodyError parse(std::string_view text, char separator, std::uint32_t limit);

  [[nodiscard]] std::span<const NamedValue> values() const noexcept { return values_; }
  /// URLENCODED_ERROR: a '%' without two hexadecimal digits after it, in a name or a value.
  [[nodiscard]] bool invalid_encoding() const noexcept { return invalid_encoding_; }
  /// ARGS_COMBINED_SIZE: decoded bytes of all names and values.
  [[nodiscard]] std::size_t combined_size() const noexcept { return combined_size_; }

  /// Heap bytes kept, for this body and the next.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  std::string_view decode(std::string_view text);

  ByteArena arena_;
  std::vector<NamedValue> values_;
  std::size_t combined_size_ = 0;
  bool invalid_encoding_ = false;
};

}  // namespace gabion::inspect::http
