// The names on the way to a value, outermost first, in bounded memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::inspect::dlp {

/// A level may have no name (a list's elements, a level whose name did not come yet). Copied as a whole.
class NameStack {
 public:
  static constexpr std::size_t kMaxLevels = 64;
  static constexpr std::size_t kMaxNameBytes = 128;  ///< of a name, its last ones: cues are looked for there
  static constexpr std::size_t kMaxBytes = 2048;     ///< of all names together; where they need more the outermost go

  void clear() noexcept { size_ = 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool is_full() const noexcept { return size_ == kMaxLevels; }

  /// REQUIRES: !is_full().
  void push() noexcept {
    const std::uint16_t begin = size_ == 0 ? std::uint16_t{0} : levels_[size_ - 1].end;
    levels_[size_++] = {begin, begin, kUnknownNode};
  }
  /// REQUIRES: size() > 0.
  void pop() noexcept { --size_; }
  /// Names the innermost level. REQUIRES: size() > 0.
  void set_name(std::string_view name) noexcept {
    levels_[size_ - 1].end = levels_[size_ - 1].begin;
    add_to_name(name);
  }
  void add_to_name(std::string_view bytes) noexcept;
  [[nodiscard]] std::string_view name(std::size_t level) const noexcept {
    return {bytes_.data() + levels_[level].begin, static_cast<std::size_t>(levels_[level].end - levels_[level].begin)};
  }

  /// A mark of whoever records places: forgotten when the level is named anew.
  static constexpr std::uint32_t kUnknownNode = ~0U;
  [[nodiscard]] std::uint32_t node(std::size_t level) const noexcept { return levels_[level].node; }
  void set_node(std::size_t level, std::uint32_t node) noexcept { levels_[level].node = node; }

 private:
  struct Level {
    std::uint16_t begin;
    std::uint16_t end;
    std::uint32_t node;
  };
  void make_room(std::size_t wanted) noexcept;
  void remove(std::size_t level, std::size_t count) noexcept;

  std::array<Level, kMaxLevels> levels_{};
  std::array<char, kMaxBytes> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace gabion::inspect::dlp
