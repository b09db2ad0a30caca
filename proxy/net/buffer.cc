// Contiguous bytes between two sockets: see buffer.h.
#include "proxy/net/buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gabion::proxy {

/// Null: blocks of that size are not kept.
std::vector<BufferPool::Block>* BufferPool::spares_of(std::size_t bytes) noexcept {
  return bytes == kBlockBytes ? &spare_ : bytes == kLargeBlockBytes ? &spare_large_ : nullptr;
}

BufferPool::Block BufferPool::take(std::size_t bytes) {
  count(in_use_bytes_ + bytes);
  if (auto* spares = spares_of(bytes); spares != nullptr && !spares->empty()) {
    Block block = std::move(spares->back());
    spares->pop_back();
    return block;
  }
  return std::make_unique_for_overwrite<char[]>(bytes);
}

void BufferPool::give_back(Block block, std::size_t bytes) noexcept {
  count(in_use_bytes_ - bytes);
  auto* spares = spares_of(bytes);
  if (spares != nullptr && spares->size() < (bytes == kBlockBytes ? kSpareBlocks : kSpareLargeBlocks)) {
    spares->push_back(std::move(block));
  }
}

void Buffer::make_room(std::size_t wanted) {
  if (!block_ && wanted <= BufferPool::kBlockBytes) {  // as each turn of a connection begins
    block_ = pool_.take(BufferPool::kBlockBytes);
    capacity_ = BufferPool::kBlockBytes;
    return;
  }
  const std::size_t used = size();
  if (capacity_ - used >= wanted) {
    std::memmove(block_.get(), block_.get() + begin_, used);
  } else {
    std::size_t bytes = std::max(capacity_, BufferPool::kBlockBytes);
    while (bytes - used < wanted) {
      bytes *= 2;
    }
    auto block = pool_.take(bytes);
    if (used != 0) {
      std::memcpy(block.get(), block_.get() + begin_, used);
    }
    if (block_) {
      pool_.give_back(std::move(block_), capacity_);
    }
    block_ = std::move(block);
    capacity_ = bytes;
  }
  begin_ = 0;
  end_ = used;
}

void Buffer::consume(std::size_t count) noexcept {
  begin_ += count;
  if (begin_ == end_) {
    begin_ = end_ = 0;
  }
}

void Buffer::swap(Buffer& other) noexcept {
  block_.swap(other.block_);
  std::swap(capacity_, other.capacity_);
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
}

void Buffer::drop() noexcept {
  begin_ = end_ = 0;
  if (block_) {
    pool_.give_back(std::move(block_), capacity_);
    capacity_ = 0;
  }
}

}  // namespace gabion::proxy
