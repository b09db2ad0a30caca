// @validateByteRange: which of the 256 byte values a text may hold.
#pragma once

#include <bitset>
#include <string_view>

#include "config/result.h"

namespace gabion::inspect::waf::operators {

class ByteRange {
 public:
  /// "32-36,38-126": numbers and ranges, commas between. Error: anything else; `where` is left to the caller.
  [[nodiscard]] static config::Result<ByteRange> parse(std::string_view text);

  /// The first byte that is not allowed; npos = all are.
  [[nodiscard]] std::size_t find_outside(std::string_view value) const noexcept;

 private:
  std::bitset<256> allowed_;
};

}  // namespace gabion::inspect::waf::operators
