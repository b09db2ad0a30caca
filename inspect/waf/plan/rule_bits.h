// A set of rules of one plan, one bit each.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gabion::inspect::waf::plan {

class RuleBits {
 public:
  RuleBits() = default;
  explicit RuleBits(std::size_t rules) : words_((rules + 63) / 64) {}

  void resize(std::size_t rules) { words_.assign((rules + 63) / 64, 0); }
  void clear() noexcept { words_.assign(words_.size(), 0); }
  /// REQUIRES of all below: index < rules, and sets of equal size.
  void set(std::size_t index) noexcept { words_[index / 64] |= std::uint64_t{1} << (index % 64); }
  void reset(std::size_t index) noexcept { words_[index / 64] &= ~(std::uint64_t{1} << (index % 64)); }
  [[nodiscard]] bool test(std::size_t index) const noexcept { return (words_[index / 64] >> (index % 64) & 1U) != 0; }
  void add(const RuleBits& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] |= other.words_[i];
    }
  }
  [[nodiscard]] bool contains(const RuleBits& other) const noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if ((other.words_[i] & ~words_[i]) != 0) {
        return false;
      }
    }
    return true;
  }
  [[nodiscard]] std::size_t count() const noexcept {
    std::size_t sum = 0;
    for (const auto word : words_) {
      sum += static_cast<std::size_t>(std::popcount(word));
    }
    return sum;
  }
  /// The first set index at or behind `from`; `end` when there is none before it.
  [[nodiscard]] std::size_t next(std::size_t from, std::size_t end) const noexcept {
    if (from >= end) {
      return end;
    }
    std::size_t word = from / 64;
    std::uint64_t bits = words_[word] & (~std::uint64_t{0} << (from % 64));
    while (bits == 0) {
      if (++word * 64 >= end) {
        return end;
      }
      bits = words_[word];
    }
    const std::size_t found = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    return found < end ? found : end;
  }
  [[nodiscard]] std::span<std::uint64_t> words() noexcept { return words_; }
  [[nodiscard]] std::span<const std::uint64_t> words() const noexcept { return words_; }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace gabion::inspect::waf::plan
