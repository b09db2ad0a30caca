// Which patterns of a plan matched a value, and which could not be decided: two bitsets that are cheap to clear.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gabion::inspect::match {

/// One bit a pattern id, 64 to a word, so that a rule's mask is an AND over words(). Belongs to one worker.
class HitSet {
 public:
  HitSet() = default;
  /// Room for the ids 0 to `patterns` - 1.
  explicit HitSet(std::size_t patterns) { fit(patterns); }

  /// Makes room for the ids below `patterns`; never gives any back.
  void fit(std::size_t patterns) {
    const std::size_t words = (patterns + 63) / 64;
    if (words > hits_.size()) {
      hits_.resize(words);
      undecided_.resize(words);
    }
  }
  /// Ids below this have a bit.
  [[nodiscard]] std::size_t size() const noexcept { return hits_.size() * 64; }

  /// Free where nothing was set since the last one.
  void clear() noexcept {
    if (any_) {
      std::fill(hits_.begin(), hits_.end(), 0);
      any_ = false;
    }
    if (any_undecided_) {
      std::fill(undecided_.begin(), undecided_.end(), 0);
      any_undecided_ = false;
    }
  }

  /// REQUIRES of all that take an id: id < size().
  void set(std::uint32_t id) noexcept {
    hits_[id / 64] |= bit(id);
    any_ = true;
  }
  void set_undecided(std::uint32_t id) noexcept {
    undecided_[id / 64] |= bit(id);
    any_undecided_ = true;
  }
  [[nodiscard]] bool test(std::uint32_t id) const noexcept { return (hits_[id / 64] & bit(id)) != 0; }
  /// The engine gave up (a limit, no memory): neither a match nor none. A pattern has at most one of the two bits.
  [[nodiscard]] bool undecided(std::uint32_t id) const noexcept { return (undecided_[id / 64] & bit(id)) != 0; }

  [[nodiscard]] bool any() const noexcept { return any_; }
  [[nodiscard]] bool any_undecided() const noexcept { return any_undecided_; }
  [[nodiscard]] std::span<const std::uint64_t> words() const noexcept { return hits_; }
  [[nodiscard]] std::span<const std::uint64_t> undecided_words() const noexcept { return undecided_; }

 private:
  static constexpr std::uint64_t bit(std::uint32_t id) noexcept { return std::uint64_t{1} << (id % 64); }

  std::vector<std::uint64_t> hits_;
  std::vector<std::uint64_t> undecided_;
  bool any_ = false;
  bool any_undecided_ = false;
};

}  // namespace gabion::inspect::match
