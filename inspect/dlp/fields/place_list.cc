// Paths are shared: a name is stored once for all values below it.
#include "inspect/dlp/fields/place_list.h"

#include <algorithm>

namespace gabion::inspect::dlp {

void PlaceList::clear() noexcept {
  values_.clear();
  nodes_.clear();
  bytes_.clear();
  found_count_ = 0;
}

void PlaceList::release() noexcept {
  clear();
  std::vector<Value>().swap(values_);
  std::vector<Node>().swap(nodes_);
  std::string().swap(bytes_);
  found_names_.clear();
}

std::uint32_t PlaceList::node_of(ValueKind kind, NameStack& names) {
  const std::size_t levels = names.size() - (kind == ValueKind::kName && names.size() > 0 ? 1 : 0);
  std::size_t level = levels;
  while (level > 0 && names.node(level - 1) == NameStack::kUnknownNode) {
    --level;
  }
  std::uint32_t parent = level == 0 ? NameStack::kUnknownNode : names.node(level - 1);
  for (; level < levels; ++level) {
    const std::string_view name = names.name(level);
    nodes_.push_back({parent, static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(name.size())});
    bytes_.append(name);
    parent = static_cast<std::uint32_t>(nodes_.size() - 1);
    names.set_node(level, parent);
  }
  return parent;
}

void PlaceList::add(FlatOffset from, FlatOffset begin, ValueKind kind, NameStack& names, std::string_view label) {
  const std::uint32_t node = node_of(kind, names);
  const auto label_begin = static_cast<std::uint32_t>(bytes_.size());
  bytes_.append(label);
  values_.push_back({from, begin, FieldPlace::kUnknownEnd, node, kind, kNotAsked, label_begin,
                     static_cast<std::uint32_t>(label.size())});
}

void PlaceList::begin_value(FlatOffset at, ValueKind kind, NameStack& names, std::string_view label) {
  add(at, at, kind, names, label);
}

void PlaceList::end_value(FlatOffset at) noexcept {
  if (!values_.empty()) {
    values_.back().end = at;
  }
}

void PlaceList::end_if_open(FlatOffset at) noexcept {
  if (!values_.empty() && values_.back().end == FieldPlace::kUnknownEnd) {
    values_.back().end = at;
  }
}

void PlaceList::resume(FlatOffset at, FlatOffset begin, ValueKind kind, NameStack& names, std::string_view label) {
  add(at, begin, kind, names, label);
}

FieldPlace PlaceList::find(FlatOffset at) {
  const auto behind = std::upper_bound(values_.begin(), values_.end(), at,
                                       [](FlatOffset x, const Value& value) { return x < value.from; });
  if (behind == values_.begin() || at >= (behind - 1)->end) {
    return {{}, at, at + 1, ValueKind::kText, {}};
  }
  Value& value = *(behind - 1);
  const std::string_view label = std::string_view(bytes_).substr(value.label, value.label_size);
  return {names_of(value), value.begin, value.end, value.kind, label};
}

std::span<const std::string_view> PlaceList::names_of(Value& value) {
  if (value.names == kNotAsked) {
    value.names = static_cast<std::uint32_t>(found_count_);
    if (found_count_++ == found_names_.size()) {
      found_names_.emplace_back();
    }
    std::vector<std::string_view>& list = found_names_[value.names];
    list.clear();
    for (std::uint32_t node = value.node; node != NameStack::kUnknownNode; node = nodes_[node].parent) {
      if (nodes_[node].size != 0) {
        list.push_back(std::string_view(bytes_).substr(nodes_[node].begin, nodes_[node].size));
      }
    }
    std::reverse(list.begin(), list.end());
  }
  return found_names_[value.names];
}

}  // namespace gabion::inspect::dlp
