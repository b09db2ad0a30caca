// Names lie one behind the other, so that copying and leaving a level cost nothing.
#include "inspect/dlp/fields/name_stack.h"

#include <algorithm>

namespace gabion::inspect::dlp {

void NameStack::add_to_name(std::string_view bytes) noexcept {
  bytes = bytes.substr(bytes.size() - std::min(bytes.size(), kMaxNameBytes));
  const std::size_t used = name(size_ - 1).size();
  if (used + bytes.size() > kMaxNameBytes) {
    remove(size_ - 1, used + bytes.size() - kMaxNameBytes);
  }
  make_room(bytes.size());
  Level& level = levels_[size_ - 1];
  std::copy(bytes.begin(), bytes.end(), bytes_.begin() + level.end);
  level.end = static_cast<std::uint16_t>(level.end + bytes.size());
  level.node = kUnknownNode;
}

/// Names of outer levels go, the outermost first, until `wanted` bytes fit behind the innermost.
void NameStack::make_room(std::size_t wanted) noexcept {
  for (std::size_t level = 0; level + 1 < size_ && levels_[size_ - 1].end + wanted > kMaxBytes; ++level) {
    remove(level, name(level).size());
  }
}

/// The first `count` bytes of a level's name.
void NameStack::remove(std::size_t level, std::size_t count) noexcept {
  if (count == 0) {
    return;
  }
  const auto* const from = bytes_.data() + levels_[level].begin + count;
  std::copy(from, static_cast<const char*>(bytes_.data() + levels_[size_ - 1].end),
            bytes_.data() + levels_[level].begin);
  levels_[level].end = static_cast<std::uint16_t>(levels_[level].end - count);
  levels_[level].node = kUnknownNode;
  for (std::size_t inner = level + 1; inner < size_; ++inner) {
    levels_[inner].begin = static_cast<std::uint16_t>(levels_[inner].begin - count);
    levels_[inner].end = static_cast<std::uint16_t>(levels_[inner].end - count);
    levels_[inner].node = kUnknownNode;
  }
}

}  // namespace gabion::inspect::dlp
