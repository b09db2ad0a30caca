// The fields that a peer has told HPACK to remember: see hpack_table.h.
#include "proxy/protocol/http2/hpack_table.h"

#include <algorithm>
#include <cstring>

namespace gabion::proxy::http2 {

void HpackTable::evict_to(std::size_t bytes) noexcept {
  while (bytes_used_ > bytes) {
    const Place& oldest = fields_[first_++];
    bytes_used_ -= oldest.name + oldest.value + kFieldOverheadBytes;
  }
  if (first_ == fields_.size()) {
    fields_.clear();
    first_ = end_ = 0;
  }
}

/// Fields move to the front once in as many bytes as the table has, so a byte moves once.
void HpackTable::make_room(std::size_t count) {
  if (end_ + count <= capacity_ && first_ <= most_bytes_ / kFieldOverheadBytes) {
    return;
  }
  const std::size_t begin = first_ == fields_.size() ? end_ : fields_[first_].at;
  if (const std::size_t live = end_ - begin; capacity_ < std::min(2 * most_bytes_, 2 * (live + count))) {
    constexpr std::size_t kLeast = 512;
    const std::size_t capacity = std::clamp(2 * (live + count), std::min(kLeast, 2 * most_bytes_), 2 * most_bytes_);
    auto bytes = std::make_unique<char[]>(capacity);
    std::copy_n(bytes_.get() + begin, live, bytes.get());
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  } else {
    std::copy_n(bytes_.get() + begin, live, bytes_.get());  // towards the front
  }
  fields_.erase(fields_.begin(), fields_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  for (Place& place : fields_) {
    place.at -= static_cast<std::uint32_t>(begin);
  }
  end_ -= begin;
}

void HpackTable::insert(std::string_view name, std::string_view value) {
  const std::size_t bytes = name.size() + value.size() + kFieldOverheadBytes;
  if (bytes > most_bytes_) {
    return evict_to(0);
  }
  evict_to(most_bytes_ - bytes);
  make_room(name.size() + value.size());
  char* const at = bytes_.get() + end_;
  if (!name.empty()) {
    std::memcpy(at, name.data(), name.size());
  }
  if (!value.empty()) {
    std::memcpy(at + name.size(), value.data(), value.size());
  }
  fields_.push_back({static_cast<std::uint32_t>(end_), static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
  end_ += name.size() + value.size();
  bytes_used_ += bytes;
}

void HpackTable::resize(std::size_t most_bytes) noexcept {
  most_bytes_ = most_bytes;
  evict_to(most_bytes);
}

}  // namespace gabion::proxy::http2
