// How much heap stands behind a container, so that what an exchange holds can be counted.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace gabion::inspect {

template <class Item>
[[nodiscard]] std::size_t heap_bytes(const std::vector<Item>& items) noexcept {
  return items.capacity() * sizeof(Item);
}

[[nodiscard]] inline std::size_t heap_bytes(const std::string& text) noexcept {
  constexpr std::size_t kInside = 15;  // so many bytes live in the object itself
  return text.capacity() > kInside ? text.capacity() + 1 : 0;
}

}  // namespace gabion::inspect
