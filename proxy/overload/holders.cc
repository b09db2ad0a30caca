// Which holders of memory are ended when it runs out: see holders.h.
#include "proxy/overload/holders.h"

#include <algorithm>

namespace gabion::proxy {

std::size_t choose_largest(std::span<HeldMemory> held, std::uint64_t in_use, std::uint64_t target) {
  const std::size_t most = std::min(held.size(), kMostEndedAtOnce);
  const auto last = held.begin() + static_cast<std::ptrdiff_t>(most);
  std::partial_sort(held.begin(), last, held.end(), [](const HeldMemory& a, const HeldMemory& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.moved_at < b.moved_at;
  });
  std::size_t chosen = 0;
  while (chosen < most && in_use >= target && held[chosen].bytes >= kLeastHeldBytes) {
    in_use -= std::min(in_use, held[chosen].bytes);
    ++chosen;
  }
  return chosen;
}

}  // namespace gabion::proxy
