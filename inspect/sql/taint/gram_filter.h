// One bit for the first bytes of every candidate value, so that a statement is looked through without a lock.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gabion::inspect::sql::taint {

/// set() and clear() by one thread at a time; test() and scan() by any, at any time. What was set before the bytes of a
/// request left for the service is seen by whoever reads a statement that the service made of them.
class GramFilter {
 public:
  static constexpr std::size_t kBits = std::size_t{1} << 16U;
  static constexpr std::size_t kMostBytes = 8;

  /// REQUIRES: 3 <= gram_bytes <= kMostBytes.
  explicit GramFilter(std::size_t gram_bytes) noexcept
      : gram_bytes_(gram_bytes), mask_(~std::uint64_t{0} >> (8 * (kMostBytes - gram_bytes))) {}

  /// Of the first gram of `text`, letters of either case the same. REQUIRES: text.size() >= gram_bytes.
  [[nodiscard]] std::uint32_t hash(std::string_view text) const noexcept { return hash_of(load_short(text)); }

  void set(std::uint32_t hash) noexcept { word(hash).fetch_or(bit(hash), std::memory_order_release); }
  void clear(std::uint32_t hash) noexcept { word(hash).fetch_and(~bit(hash), std::memory_order_release); }
  [[nodiscard]] bool test(std::uint32_t hash) const noexcept {
    return (words_[hash / 64].load(std::memory_order_acquire) & bit(hash)) != 0;
  }

  /// Calls take(position, hash) for every place of `text` where a candidate may begin, from `from` on, in order, until
  /// it answers false. About a nanosecond a byte.
  template <class Take>
  void scan(std::string_view text, std::size_t from, Take&& take) const {
    const std::size_t size = text.size();
    if (size < gram_bytes_) {
      return;
    }
    const std::size_t last = size - gram_bytes_;
    const std::size_t whole = size < kMostBytes ? 0 : size - kMostBytes + 1;
    std::size_t at = from;
    for (; at < whole; ++at) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, text.data() + at, sizeof(bytes));
      const std::uint32_t hash = hash_of(bytes);
      if (test(hash) && !take(at, hash)) {
        return;
      }
    }
    for (; at <= last; ++at) {
      const std::uint32_t hash = hash_of(load_short(text.substr(at)));
      if (test(hash) && !take(at, hash)) {
        return;
      }
    }
  }

 private:
  static std::uint64_t load_short(std::string_view text) noexcept {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data(), std::min(text.size(), sizeof(bytes)));
    return bytes;
  }
  [[nodiscard]] std::uint32_t hash_of(std::uint64_t bytes) const noexcept {
    constexpr std::uint64_t kCaseBits = 0x2020'2020'2020'2020;  // merges some other bytes, too: only a hash
    constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;
    return static_cast<std::uint32_t>((((bytes | kCaseBits) & mask_) * kOdd) >> 48U);
  }
  static std::uint64_t bit(std::uint32_t hash) noexcept { return std::uint64_t{1} << (hash % 64); }
  std::atomic<std::uint64_t>& word(std::uint32_t hash) noexcept { return words_[hash / 64]; }

  const std::size_t gram_bytes_;
  const std::uint64_t mask_;
  std::array<std::atomic<std::uint64_t>, kBits / 64> words_{};
};

}  // namespace gabion::inspect::sql::taint
