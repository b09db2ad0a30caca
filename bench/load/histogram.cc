// Latencies counted to three significant digits: see histogram.h.
#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gabion::bench {

Histogram::Histogram() : counts_(index_of(kMaxValue) + 1) {}

std::size_t Histogram::index_of(std::uint64_t value) noexcept {
  const auto shift = static_cast<unsigned>(std::bit_width(value | (kExact - 1))) - (kStepBits + 1);
  return (std::size_t{shift} << kStepBits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::highest_at(std::size_t index) noexcept {
  if (index < kExact) {
    return index;
  }
  const std::size_t shift = (index >> kStepBits) - 1;
  const std::uint64_t step = index - (shift << kStepBits);
  return ((step + 1) << shift) - 1;
}

void Histogram::record(std::uint64_t value) noexcept {
  value = std::min(value, kMaxValue);
  ++counts_[index_of(value)];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  const auto number = static_cast<double>(value);
  sum_ += number;
  sum_of_squares_ += number * number;
}

void Histogram::merge(const Histogram& other) noexcept {
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  sum_of_squares_ += other.sum_of_squares_;
}

double Histogram::mean() const noexcept {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

double Histogram::stddev() const noexcept {
  if (count_ == 0) {
    return 0;
  }
  const double variance = sum_of_squares_ / static_cast<double>(count_) - mean() * mean();
  return std::sqrt(std::max(variance, 0.0));
}

std::uint64_t Histogram::percentile(double percent) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(std::clamp(percent, 0.0, 100.0) / 100 *  //
                                                               static_cast<double>(count_) -
                                                           1e-9));
  std::uint64_t seen = 0;
  for (std::size_t index = 0; index < counts_.size() && count_ != 0; ++index) {
    seen += counts_[index];
    if (seen != 0 && seen >= wanted) {
      return std::min(highest_at(index), max_);
    }
  }
  return max_;
}

}  // namespace gabion::bench
