// Which calls are measured, and that measuring changes no answer.
#include "proxy/admin/inspect_times.h"

#include <gtest/gtest.h>

#include <numeric>

namespace gabion::proxy {
namespace {

TEST(InspectTimes, MeasuresTheFirstCallAndEach64thAfterIt) {
  InspectTimes times;
  int made = 0;
  for (int i = 0; i < 129; ++i) {
    EXPECT_EQ(times.time(InspectStage::kRequestHead, [&] { return ++made; }), i + 1);
  }
  const auto& stage = times.of(InspectStage::kRequestHead);
  EXPECT_EQ(stage.calls, 129U);
  EXPECT_EQ(stage.measured, 3U);
  EXPECT_GT(stage.seconds, 0);
  EXPECT_EQ(std::accumulate(stage.buckets.begin(), stage.buckets.end(), std::uint64_t{0}), 3U);
  EXPECT_EQ(times.of(InspectStage::kRequestBody).calls, 0U);
}

TEST(InspectTimes, HandsReferencesThrough) {
  InspectTimes times;
  const int answer = 7;
  for (int i = 0; i < 2; ++i) {
    const int& got = times.time(InspectStage::kResponseBody, [&]() -> const int& { return answer; });
    EXPECT_EQ(&got, &answer);
  }
}

TEST(InspectTimes, AddsUp) {
  InspectTimes all;
  for (int worker = 0; worker < 2; ++worker) {
    InspectTimes times;
    times.time(InspectStage::kRequestBody, [] {});
    all += times;
  }
  EXPECT_EQ(all.of(InspectStage::kRequestBody).calls, 2U);
  EXPECT_EQ(all.of(InspectStage::kRequestBody).measured, 2U);
}

}  // namespace
}  // namespace gabion::proxy
