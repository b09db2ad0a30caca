// @pm on one value: which of many phrases stands first in it, ASCII letters without case.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gabion::inspect::waf::operators {

/// A trie walked from each byte of the value: for values that are known to have a hit, and for short ones. Immutable.
class Phrases {
 public:
  explicit Phrases(std::span<const std::string> phrases);

  /// The phrase that begins first, the shortest of those; a view into `value`. Data pointer null: none.
  [[nodiscard]] std::string_view find(std::string_view value) const noexcept;

 private:
  struct Node {
    std::uint32_t first_edge = 0;
    std::uint16_t edges = 0;
    bool ends = false;
  };
  struct Edge {
    unsigned char byte = 0;
    std::uint32_t node = 0;
  };
  std::uint32_t build(std::span<const std::string> sorted, std::size_t depth);
  [[nodiscard]] std::size_t length_at(std::string_view value) const noexcept;

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::array<std::uint32_t, 256> roots_{};  ///< node after the first byte; 0 = none
};

}  // namespace gabion::inspect::waf::operators
