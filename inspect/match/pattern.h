// A pattern and its matches, without any engine's types.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gabion::inspect::match {

/// Always without case, '.' matches newlines, bytes not UTF-8, one report per pattern and value (SINGLEMATCH).
/// Syntax: PCRE without look-around, back-references and captures.
struct Pattern {
  const char* name;        ///< for error messages
  const char* expression;  ///< NUL-terminated, borrowed during compile only
};

struct Match {
  std::uint32_t pattern = 0;  ///< index into the compiled patterns
  std::uint64_t end = 0;      ///< offset just behind the match, from the start of the value or stream
};

/// The matches of one scan, one per pattern: the first reported. So its size is bounded by the patterns of the set.
class MatchList {
 public:
  static constexpr std::size_t kCapacity = 128;  ///< patterns one set may have

  void add(Match found) noexcept {
    if (found.pattern < kCapacity && !seen_.test(found.pattern)) {
      seen_.set(found.pattern);
      items_[size_++] = found;
    }
  }
  [[nodiscard]] std::span<const Match> items() const noexcept { return {items_.data(), size_}; }
  [[nodiscard]] std::span<Match> items() noexcept { return {items_.data(), size_}; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  void clear() noexcept {
    size_ = 0;
    seen_.reset();
  }

 private:
  std::array<Match, kCapacity> items_{};
  std::size_t size_ = 0;
  std::bitset<kCapacity> seen_;
};

/// kFailed: the engine could not look (no scan space, broken database). The caller must treat it as "not inspected".
enum class ScanStatus : std::uint8_t { kDone, kFailed };

}  // namespace gabion::inspect::match
