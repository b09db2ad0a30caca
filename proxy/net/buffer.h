// Contiguous bytes between two sockets, from a pool that knows how much of the worker's memory is in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace gabion::proxy {

/// Who wants to know when a pool's memory leaves a band.
class PoolWatcher {
 public:
  /// Told by whoever takes or gives back, in the midst of it; each time, until watch() sets another band.
  virtual void on_outside() noexcept = 0;

 protected:
  ~PoolWatcher() = default;
};

/// Lends blocks to one worker's buffers and counts what is lent, and what is charged beside: limits.in_flight_bytes is
/// judged by in_use_bytes().
class BufferPool {
 public:
  static constexpr std::size_t kBlockBytes = 16 * 1024;  // a TLS record's payload
  static constexpr std::size_t kLargeBlockBytes = 4 * kBlockBytes;

  BufferPool() noexcept = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  using Block = std::unique_ptr<char[]>;
  /// Blocks of kBlockBytes and a few of kLargeBlockBytes are recycled, others are allocated as asked.
  [[nodiscard]] Block take(std::size_t bytes);
  void give_back(Block block, std::size_t bytes) noexcept;

  /// Memory of others, so far `before`, is `now`: see Charge.
  void recount(std::uint64_t before, std::uint64_t now) noexcept { count(in_use_bytes_ + (now - before)); }

  /// Tells `watcher` when in_use_bytes() is below `low`, or `high` and more. Borrowed until forget_watcher().
  void watch(PoolWatcher* watcher, std::uint64_t low, std::uint64_t high) noexcept {
    watcher_ = watcher;
    low_ = low;
    high_ = high;
  }
  void forget_watcher() noexcept { watch(nullptr, 0, std::numeric_limits<std::uint64_t>::max()); }

  [[nodiscard]] std::uint64_t in_use_bytes() const noexcept { return in_use_bytes_; }

 private:
  void count(std::uint64_t in_use) noexcept {
    in_use_bytes_ = in_use;
    if ((in_use < low_ || in_use >= high_) && watcher_ != nullptr) {
      watcher_->on_outside();
    }
  }

  static constexpr std::size_t kSpareBlocks = 64;      // 1 MiB kept for the next burst
  static constexpr std::size_t kSpareLargeBlocks = 4;  // 256 KiB: they go from one connection to the next
  [[nodiscard]] std::vector<Block>* spares_of(std::size_t bytes) noexcept;

  std::vector<Block> spare_;
  std::vector<Block> spare_large_;
  std::uint64_t in_use_bytes_ = 0;
  std::uint64_t low_ = 0;
  std::uint64_t high_ = std::numeric_limits<std::uint64_t>::max();
  PoolWatcher* watcher_ = nullptr;
};

/// Memory that lives elsewhere and counts towards the worker's limit all the same: as much as was said last.
class Charge {
 public:
  explicit Charge(BufferPool& pool) noexcept : pool_(pool) {}
  ~Charge() { set(0); }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;

  void set(std::uint64_t bytes) noexcept {
    pool_.recount(bytes_, bytes);
    bytes_ = bytes;
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  BufferPool& pool_;
  std::uint64_t bytes_ = 0;
};

/// A byte queue in one piece: written at the end, consumed at the front. Holds no memory while empty and released.
class Buffer {
 public:
  explicit Buffer(BufferPool& pool) noexcept : pool_(pool) {}
  ~Buffer() { drop(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::span<char> bytes() noexcept { return {block_.get() + begin_, size()}; }
  [[nodiscard]] std::string_view view() const noexcept { return {block_.get() + begin_, size()}; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// At least `wanted` writable bytes behind the end; moves or grows what is there, so views into it end here.
  [[nodiscard]] std::span<char> prepare(std::size_t wanted) {
    if (capacity_ - end_ < wanted) {
      make_room(wanted);
    }
    return {block_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t count) noexcept { end_ += count; }
  /// A head is written in some 30 pieces of a few bytes: inline, so that each costs little more than its copy.
  void append(std::string_view bytes) {
    if (!bytes.empty()) {
      std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
      commit(bytes.size());
    }
  }
  /// REQUIRES: count <= size().
  void consume(std::size_t count) noexcept;
  /// Takes off the end. REQUIRES: count <= size().
  void take_back(std::size_t count) noexcept { end_ -= count; }
  void clear() noexcept { begin_ = end_ = 0; }
  /// Changes bytes and memory with one of the same pool.
  void swap(Buffer& other) noexcept;
  /// Gives the memory back if nothing is in it.
  void release() noexcept {
    if (block_ && empty()) {
      drop();
    }
  }
  /// Throws the bytes away and gives the memory back.
  void drop() noexcept;

 private:
  void make_room(std::size_t wanted);

  BufferPool& pool_;
  BufferPool::Block block_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace gabion::proxy
