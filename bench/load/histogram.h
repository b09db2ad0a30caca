// Latencies counted to three significant digits in fixed memory, whatever their range: Gil Tene's HDR layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gabion::bench {

/// Whole numbers from 0 to kMaxValue; larger ones count as kMaxValue. Values below 2048 are kept exactly, above that
/// each power of two has 1024 steps, so a step is below 0.1 % of its value. record() never allocates. One thread.
class Histogram {
 public:
  static constexpr std::uint64_t kMaxValue = 3'600'000'000;  ///< an hour, in microseconds

  Histogram();

  void record(std::uint64_t value) noexcept;
  void merge(const Histogram& other) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// Exact; 0 when nothing was recorded.
  [[nodiscard]] std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  [[nodiscard]] double mean() const noexcept;
  [[nodiscard]] double stddev() const noexcept;
  /// The least recorded value that `percent` of all values do not exceed, rounded up within its step.
  [[nodiscard]] std::uint64_t percentile(double percent) const noexcept;

 private:
  static constexpr unsigned kStepBits = 10;
  static constexpr std::uint64_t kExact = std::uint64_t{2} << kStepBits;
  [[nodiscard]] static std::size_t index_of(std::uint64_t value) noexcept;
  [[nodiscard]] static std::uint64_t highest_at(std::size_t index) noexcept;

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = kMaxValue;
  std::uint64_t max_ = 0;
  double sum_ = 0;
  double sum_of_squares_ = 0;
};

}  // namespace gabion::bench
