// Blocks in a row: a request takes from the current one, reset() goes back to the first.
#include "inspect/http/byte_arena.h"

#include <algorithm>
#include <cstring>

namespace gabion::inspect::http {

void ByteArena::reset() noexcept {
  std::size_t kept = 0;
  std::size_t keep = 0;
  while (keep < blocks_.size() && kept + blocks_[keep].size <= kKeptBytes) {
    kept += blocks_[keep++].size;
  }
  blocks_.resize(keep);
  held_ = kept;
  current_ = 0;
  used_ = 0;
}

char* ByteArena::allocate(std::size_t size) {
  while (current_ < blocks_.size() && blocks_[current_].size - used_ < size) {
    ++current_;
    used_ = 0;
  }
  if (current_ == blocks_.size()) {
    const std::size_t room = std::max(size, kBlockBytes);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(room), room});
    held_ += room;
    used_ = 0;
  }
  char* bytes = blocks_[current_].bytes.get() + used_;
  used_ += size;
  return bytes;
}

std::string_view ByteArena::copy(std::string_view text) {
  if (text.empty()) {
    return {};
  }
  char* bytes = allocate(text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

}  // namespace gabion::inspect::http
