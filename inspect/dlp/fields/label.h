// The end of a text, kept for what stands behind it: a heading, a cell to the left.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace gabion::inspect::dlp {

/// Copied as a whole.
class Label {
 public:
  /// One more than what is looked at for cues, so that a word that is cut is seen to be cut.
  static constexpr std::size_t kMaxBytes = 65;

  void clear() noexcept { size_ = 0; }
  void add(std::string_view text) noexcept {
    text.remove_prefix(text.size() - std::min(text.size(), kMaxBytes));
    const std::size_t kept = std::min(size_, kMaxBytes - text.size());
    std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(size_ - kept),
              bytes_.begin() + static_cast<std::ptrdiff_t>(size_), bytes_.begin());
    std::copy(text.begin(), text.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(kept));
    size_ = kept + text.size();
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, kMaxBytes> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace gabion::inspect::dlp
