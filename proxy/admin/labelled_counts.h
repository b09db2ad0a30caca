// Counters that carry labels, bounded in number: what does not fit is still counted, under "other".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gabion::proxy {

/// Up to four label values a series; unused ones are empty. Not thread-safe: one owner at a time.
class LabelledCounts {
 public:
  static constexpr std::size_t kMaxLabels = 4;
  using LabelViews = std::array<std::string_view, kMaxLabels>;
  using Labels = std::array<std::string, kMaxLabels>;

  /// At most `max_series` series are kept apart; later ones share other().
  explicit LabelledCounts(std::size_t max_series) noexcept : max_series_(max_series) {}

  /// Allocates only for a series not seen before.
  void add(const LabelViews& labels, std::uint64_t amount = 1);

  /// Adds another worker's counts, below this object's own bound. Oldest series first, so that a full table keeps the
  /// same series from one time to the next.
  void add_all(const LabelledCounts& more);

  /// 0 for a series that does not exist.
  [[nodiscard]] std::uint64_t value(const LabelViews& labels) const;
  [[nodiscard]] std::uint64_t other() const noexcept { return other_; }
  [[nodiscard]] std::size_t size() const noexcept { return series_.size(); }

  /// Every series in the order of its first appearance; other() is not among them. Borrows until the next change.
  struct Entry {
    const Labels* labels = nullptr;
    std::uint64_t count = 0;
  };
  [[nodiscard]] std::vector<Entry> entries() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const LabelViews& labels) const noexcept;
    std::size_t operator()(const Labels& labels) const noexcept;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Labels& left, const Labels& right) const noexcept { return left == right; }
    bool operator()(const LabelViews& left, const Labels& right) const noexcept;
    bool operator()(const Labels& left, const LabelViews& right) const noexcept { return (*this)(right, left); }
  };

  struct Series {
    std::uint64_t count = 0;
    std::size_t ordinal = 0;  ///< how many came before
  };

  std::size_t max_series_;
  std::uint64_t other_ = 0;
  std::unordered_map<Labels, Series, Hash, Equal> series_;
};

}  // namespace gabion::proxy
