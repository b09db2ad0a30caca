// The trie of phrases: edges of a node lie side by side, sorted by byte.
#include "inspect/waf/operators/phrases.h"

#include <algorithm>

namespace gabion::inspect::waf::operators {
namespace {

unsigned char lower(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + 32) : byte;
}

}  // namespace

Phrases::Phrases(std::span<const std::string> phrases) {
  std::vector<std::string> sorted;
  for (const auto& phrase : phrases) {
    if (!phrase.empty()) {
      auto& copy = sorted.emplace_back(phrase);
      std::transform(copy.begin(), copy.end(), copy.begin(), [](char c) { return static_cast<char>(lower(c)); });
    }
  }
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  const auto root = build(sorted, 0);
  const auto& node = nodes_[root];
  for (std::uint32_t i = 0; i < node.edges; ++i) {
    const auto& edge = edges_[node.first_edge + i];
    roots_[edge.byte] = edge.node;
  }
}

std::uint32_t Phrases::build(std::span<const std::string> sorted, std::size_t depth) {
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  if (!sorted.empty() && sorted.front().size() == depth) {
    nodes_[index].ends = true;  // what is longer can add nothing: this one is found first
    return index;
  }
  std::vector<std::span<const std::string>> groups;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i;
    while (end < sorted.size() && sorted[end][depth] == sorted[i][depth]) {
      ++end;
    }
    groups.push_back(sorted.subspan(i, end - i));
    i = end;
  }
  const auto first = static_cast<std::uint32_t>(edges_.size());
  nodes_[index].first_edge = first;
  nodes_[index].edges = static_cast<std::uint16_t>(groups.size());
  edges_.resize(edges_.size() + groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto byte = static_cast<unsigned char>(groups[i].front()[depth]);
    const auto node = build(groups[i], depth + 1);
    edges_[first + i] = {byte, node};
  }
  return index;
}

std::size_t Phrases::length_at(std::string_view value) const noexcept {
  auto node = roots_[lower(value.front())];
  for (std::size_t depth = 1; node != 0; ++depth) {
    if (nodes_[node].ends) {
      return depth;
    }
    if (depth == value.size()) {
      return 0;
    }
    const auto byte = lower(value[depth]);
    const auto begin = edges_.begin() + nodes_[node].first_edge;
    const auto end = begin + nodes_[node].edges;
    const auto edge = std::lower_bound(begin, end, byte, [](const Edge& e, unsigned char b) { return e.byte < b; });
    node = edge != end && edge->byte == byte ? edge->node : 0;
  }
  return 0;
}

std::string_view Phrases::find(std::string_view value) const noexcept {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (const auto length = length_at(value.substr(i)); length > 0) {
      return value.substr(i, length);
    }
  }
  return {};
}

}  // namespace gabion::inspect::waf::operators
