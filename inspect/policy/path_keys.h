// Hashes of a path's leading segments, eight bytes at a time, each made once and only when an index asks for it.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gabion::inspect::policy {

namespace path_keys {

static_assert(std::endian::native == std::endian::little, "the first byte of a text is the lowest of its word");

inline constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
inline constexpr std::uint64_t kLows = 0x7F * kOnes;
inline constexpr std::uint64_t kHighs = 0x80 * kOnes;

/// Letters of ASCII in lower case, other bytes as they are.
[[nodiscard]] constexpr std::uint64_t folded(std::uint64_t word) noexcept {
  const std::uint64_t lows = word & kLows;
  const std::uint64_t above_z = lows + (0x7F - 'Z') * kOnes;
  const std::uint64_t from_a = lows + (0x80 - 'A') * kOnes;
  return word | (((from_a ^ above_z) & ~word & kHighs) >> 2U);
}

/// The highest bit of each byte that is a '/', and no other.
[[nodiscard]] constexpr std::uint64_t slashes(std::uint64_t word) noexcept {
  const std::uint64_t differs = word ^ ('/' * kOnes);
  return ~(((differs & kLows) + kLows) | differs | kLows);
}

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t state, std::uint64_t word) noexcept {
  state = (state ^ word) * 0x9FB21C651E98DF25ULL;
  return state ^ (state >> 32U);
}

}  // namespace path_keys

/// Borrows the path; lives for one decision. Equal texts have equal states, and so have texts that differ in the case
/// of ASCII letters: whether letters are folded is the request's to say, and one index serves both. Different texts may
/// have equal states: whoever finds something by a state compares it.
class PathKeys {
 public:
  /// More segments are hashed anew each time they are asked for.
  static constexpr std::size_t kKept = 62;

  explicit PathKeys(std::string_view path) noexcept : path_(path) {}
  PathKeys(const PathKeys&) = delete;
  PathKeys& operator=(const PathKeys&) = delete;

  /// The state after `count` segments, "/a" and "/b" of "/a/b/c" for 2; null when there are fewer. REQUIRES: 1 to
  /// kKept.
  [[nodiscard]] const std::uint64_t* after(std::size_t count) noexcept {
    while (count_ < count) {
      if (!take_segment(walk_)) {
        return nullptr;
      }
      kept_[count_++] = walk_.state;
    }
    return &kept_[count - 1];
  }

  /// Visits the states after kKept + 1 segments and more; the state of the whole path.
  template <class Visit>
  std::uint64_t each_after_kept(const Visit& visit) noexcept {
    static_cast<void>(after(kKept));
    Walk rest = walk_;
    while (take_segment(rest)) {
      visit(rest.state);
    }
    return rest.state;
  }

  [[nodiscard]] std::uint64_t whole() noexcept {
    return each_after_kept([](std::uint64_t) {});
  }

 private:
  struct Walk {
    std::size_t at = 0;
    std::uint64_t state = 0xCBF29CE484222325ULL;
  };

  /// Up to 8 bytes from `at` on, zeros behind them.
  [[nodiscard]] std::uint64_t word_at(std::size_t at) const noexcept {
    std::uint64_t word = 0;
    const std::size_t left = path_.size() - at;
    if (left >= sizeof word) {
      std::memcpy(&word, path_.data() + at, sizeof word);
    } else if (path_.size() >= sizeof word && left > 0) {
      std::memcpy(&word, path_.data() + path_.size() - sizeof word, sizeof word);
      word >>= 8 * (sizeof word - left);
    } else {
      for (std::size_t i = left; i > 0; --i) {
        word = word << 8U | static_cast<unsigned char>(path_[at + i - 1]);
      }
    }
    return word;
  }

  /// Hashes from a '/' to before the next one. False at the end.
  [[nodiscard]] bool take_segment(Walk& walk) const noexcept {
    if (walk.at == path_.size()) {
      return false;
    }
    std::uint64_t looked_at = ~std::uint64_t{0xFF};  // its own '/' ends no segment
    for (;;) {
      const std::uint64_t word = word_at(walk.at);
      const std::uint64_t ends = path_keys::slashes(word) & looked_at;
      const std::size_t left = path_.size() - walk.at;
      std::size_t length = ends != 0 ? static_cast<std::size_t>(std::countr_zero(ends)) / 8 : sizeof word;
      length = length < left ? length : left;
      if (length == sizeof word) {
        walk.state = path_keys::mix(walk.state, path_keys::folded(word));
        walk.at += length;
        looked_at = ~std::uint64_t{0};
        continue;
      }
      const std::uint64_t mask = (std::uint64_t{1} << (8 * length)) - 1;
      walk.state = path_keys::mix(walk.state, (path_keys::folded(word) & mask) | std::uint64_t{length} << 56U);
      walk.at += length;
      return true;
    }
  }

  std::string_view path_;
  Walk walk_;
  std::size_t count_ = 0;
  std::array<std::uint64_t, kKept> kept_;  // written before it is read
};

}  // namespace gabion::inspect::policy
