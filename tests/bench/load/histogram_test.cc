// The histogram is exact where it says so, and within a step of the truth everywhere else.
#include "bench/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace gabion::bench {
namespace {

TEST(HistogramTest, NothingRecordedIsZeroEverywhere) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.percentile(50), 0U);
  EXPECT_EQ(histogram.percentile(100), 0U);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.stddev(), 0);
}

TEST(HistogramTest, SmallValuesAreExact) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 1000; ++value) {
    histogram.record(value);
  }
  EXPECT_EQ(histogram.percentile(0), 1U);
  EXPECT_EQ(histogram.percentile(50), 500U);
  EXPECT_EQ(histogram.percentile(90), 900U);
  EXPECT_EQ(histogram.percentile(99), 990U);
  EXPECT_EQ(histogram.percentile(99.9), 999U);
  EXPECT_EQ(histogram.percentile(100), 1000U);
  EXPECT_DOUBLE_EQ(histogram.mean(), 500.5);
  EXPECT_NEAR(histogram.stddev(), 288.675, 0.001);
}

TEST(HistogramTest, OneValueIsEveryPercentile) {
  for (const std::uint64_t value :
       {0ULL, 1ULL, 2047ULL, 2048ULL, 2049ULL, 4095ULL, 4096ULL, 1'000'000ULL, 123'456'789ULL, 3'600'000'000ULL}) {
    Histogram histogram;
    histogram.record(value);
    for (const double percent : {0.0, 50.0, 99.9, 100.0}) {
      EXPECT_EQ(histogram.percentile(percent), value);
    }
  }
}

TEST(HistogramTest, LargeValuesAreWithinAThousandth) {
  std::mt19937_64 random(7);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<std::uint64_t>(std::exp(std::uniform_real_distribution(0.0, 22.0)(random)));
    values.push_back(value);
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size()))) - 1;
    const auto truth = static_cast<double>(values[rank]);
    const auto told = static_cast<double>(histogram.percentile(percent));
    EXPECT_GE(told, truth) << percent;
    EXPECT_LE(told, truth * 1.001 + 1) << percent;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.min(), values.front());
}

TEST(HistogramTest, WhatIsBeyondTheRangeCountsAsItsEnd) {
  Histogram histogram;
  histogram.record(~std::uint64_t{0});
  EXPECT_EQ(histogram.max(), Histogram::kMaxValue);
  EXPECT_EQ(histogram.percentile(50), Histogram::kMaxValue);
}

TEST(HistogramTest, MergedIsAsIfRecordedInOne) {
  Histogram one;
  Histogram other;
  Histogram both;
  for (std::uint64_t value = 1; value < 100'000; value += 7) {
    (value % 2 == 0 ? one : other).record(value);
    both.record(value);
  }
  one.merge(other);
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.min(), both.min());
  EXPECT_EQ(one.max(), both.max());
  EXPECT_DOUBLE_EQ(one.mean(), both.mean());
  for (const double percent : {0.1, 50.0, 99.0, 99.99}) {
    EXPECT_EQ(one.percentile(percent), both.percentile(percent));
  }
}

TEST(HistogramTest, MergingNothingKeepsTheLeast) {
  Histogram histogram;
  histogram.record(42);
  histogram.merge(Histogram());
  EXPECT_EQ(histogram.min(), 42U);
}

}  // namespace
}  // namespace gabion::bench
