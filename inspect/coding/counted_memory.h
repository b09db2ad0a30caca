// The memory of a compression library: counted, bounded, and refused rather than thrown.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace gabion::inspect::coding {

/// Given to zlib and brotli as their allocator; stays where it is while they live.
class CountedMemory {
 public:
  explicit CountedMemory(std::size_t most_bytes) noexcept : most_bytes_(most_bytes) {}
  CountedMemory(const CountedMemory&) = delete;
  CountedMemory& operator=(const CountedMemory&) = delete;

  [[nodiscard]] std::size_t used_bytes() const noexcept { return used_bytes_; }

  /// Null when there is no more.
  [[nodiscard]] void* take(std::size_t bytes) noexcept {
    if (bytes > most_bytes_ - used_bytes_) {
      return nullptr;
    }
    auto* block = static_cast<unsigned char*>(std::malloc(bytes + kHeaderBytes));
    if (block == nullptr) {
      return nullptr;
    }
    *reinterpret_cast<std::size_t*>(block) = bytes;
    used_bytes_ += bytes;
    return block + kHeaderBytes;
  }

  void give_back(void* place) noexcept {
    if (place != nullptr) {
      unsigned char* block = static_cast<unsigned char*>(place) - kHeaderBytes;
      used_bytes_ -= *reinterpret_cast<std::size_t*>(block);
      std::free(block);
    }
  }

  // As the libraries call them; `opaque` is a CountedMemory.
  static void* take_for(void* opaque, std::size_t bytes) noexcept {
    return static_cast<CountedMemory*>(opaque)->take(bytes);
  }
  static void* take_items_for(void* opaque, unsigned count, unsigned bytes) noexcept {
    return static_cast<CountedMemory*>(opaque)->take(std::size_t{count} * bytes);
  }
  static void give_back_for(void* opaque, void* place) noexcept {
    static_cast<CountedMemory*>(opaque)->give_back(place);
  }

 private:
  static constexpr std::size_t kHeaderBytes = alignof(std::max_align_t);

  std::size_t most_bytes_;
  std::size_t used_bytes_ = 0;
};

}  // namespace gabion::inspect::coding
