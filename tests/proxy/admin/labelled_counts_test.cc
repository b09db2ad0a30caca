// Labelled counters: kept apart up to a bound, added up beyond it.
#include "proxy/admin/labelled_counts.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::proxy {
namespace {

TEST(LabelledCounts, KeepsSeriesApartByEveryLabel) {
  LabelledCounts counts(10);
  counts.add({"a", "b"});
  counts.add({"a", "b"}, 2);
  counts.add({"ab", ""});
  counts.add({"a", "", "b"});
  EXPECT_EQ(counts.value({"a", "b"}), 3U);
  EXPECT_EQ(counts.value({"ab"}), 1U);
  EXPECT_EQ(counts.value({"a", "", "b"}), 1U);
  EXPECT_EQ(counts.value({"b", "a"}), 0U);
  EXPECT_EQ(counts.size(), 3U);
  EXPECT_EQ(counts.other(), 0U);
}

TEST(LabelledCounts, CountsWhatDoesNotFitAsOther) {
  LabelledCounts counts(2);
  for (int i = 0; i < 5; ++i) {
    counts.add({std::to_string(i)}, 10);
  }
  counts.add({"0"});
  EXPECT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts.value({"0"}), 11U);
  EXPECT_EQ(counts.value({"4"}), 0U);
  EXPECT_EQ(counts.other(), 30U);
}

TEST(LabelledCounts, ListsSeriesInTheOrderTheyAppeared) {
  LabelledCounts counts(100);
  for (int i = 0; i < 50; ++i) {
    counts.add({std::to_string(i)}, static_cast<std::uint64_t>(i));
  }
  const auto entries = counts.entries();
  ASSERT_EQ(entries.size(), 50U);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ((*entries[i].labels)[0], std::to_string(i));
    EXPECT_EQ(entries[i].count, i);
  }
}

TEST(LabelledCounts, MergesBelowTheirOwnBoundOldestFirst) {
  LabelledCounts first(3);
  first.add({"a"});
  LabelledCounts second(3);
  second.add({"b"}, 2);
  second.add({"a"}, 4);
  second.add({"c"}, 8);
  second.add({"d"}, 16);  // already other
  LabelledCounts merged(2);
  merged.add_all(first);
  merged.add_all(second);
  EXPECT_EQ(merged.value({"a"}), 5U);
  EXPECT_EQ(merged.value({"b"}), 2U);
  EXPECT_EQ(merged.other(), 24U);
}

}  // namespace
}  // namespace gabion::proxy
