// Bytes that stay where they are until reset(): what a parser decodes lives here, memory reused from body to body.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace gabion::inspect::http {

class ByteArena {
 public:
  /// Forgets every byte handed out. Keeps up to kKeptBytes of memory for the next body.
  void reset() noexcept;

  /// Room for `size` bytes, valid until reset(). REQUIRES: size > 0.
  [[nodiscard]] char* allocate(std::size_t size);
  /// Gives back the end of the newest allocation: `unused` of its bytes.
  void give_back(std::size_t unused) noexcept { used_ -= unused; }

  [[nodiscard]] std::string_view copy(std::string_view text);

  [[nodiscard]] std::size_t held_bytes() const noexcept { return held_; }

  static constexpr std::size_t kBlockBytes = std::size_t{16} * 1024;
  static constexpr std::size_t kKeptBytes = std::size_t{256} * 1024;

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t current_ = 0;  ///< index of the block in use; blocks_.size() = none yet
  std::size_t used_ = 0;     ///< of the block in use
  std::size_t held_ = 0;     ///< sizes of all blocks
};

}  // namespace gabion::inspect::http
