// Names lie one behind the other, so that copying and leaving a level cost nothing.
#include "inspect/dlp/fields/name_stack.h"

#include <algorithm>

namespace gabion::inspect::dlp {

void NameStack::add_to_name(std::string_view bytes) noexcept {
  Level& level = levels_[size_ - 1];
  const std::size_t used = level.end - level.begin;
  const std::size_t count = std::min({bytes.size(), kMaxNameBytes - used, kMaxBytes - level.end});
  std::copy_n(bytes.begin(), count, bytes_.begin() + level.end);
  level.end = static_cast<std::uint16_t>(level.end + count);
  level.node = kUnknownNode;
}

}  // namespace gabion::inspect::dlp
