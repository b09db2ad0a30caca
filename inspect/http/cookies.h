// The Cookie header split into names and values, version 0 format, as ModSecurity v3 does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "inspect/http/named_values.h"

namespace gabion::inspect::http {

/// One thread.
class Cookies {
 public:
  void reset() noexcept;

  /// Adds the cookies of one Cookie header value: pieces between ';', split at the first '='. Nothing is decoded and
  /// quotes stay; spaces before a name and at the end of the last cookie go away; a piece without a name is skipped.
  /// Keeps the first `limit` cookies of the request and answers kTooManyValues when there are more.
  /// `header` must outlive the values, which view it.
  BodyError add(std::string_view header, std::uint32_t limit);

  [[nodiscard]] std::span<const NamedValue> values() const noexcept { return values_; }

  /// Heap bytes kept, for this body and the next.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  std::vector<NamedValue> values_;
};

}  // namespace gabion::inspect::http
