// How long inspection takes by stage: see inspect_times.h.
#include "proxy/admin/inspect_times.h"

#include <algorithm>

namespace gabion::proxy {

std::string_view to_string(InspectStage stage) noexcept {
  switch (stage) {
    case InspectStage::kRequestHead:
      return "request_head";
    case InspectStage::kRequestBody:
      return "request_body";
    case InspectStage::kResponseBody:
      return "response_body";
    case InspectStage::kCount:
      break;
  }
  return "unknown";
}

InspectTimes::Measurement::~Measurement() {
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  const auto* const bucket = std::lower_bound(kInspectBuckets.begin(), kInspectBuckets.end(), seconds);
  stage_.buckets[static_cast<std::size_t>(bucket - kInspectBuckets.begin())] += 1;
  stage_.measured += 1;
  stage_.seconds += seconds;
}

InspectTimes& InspectTimes::operator+=(const InspectTimes& more) noexcept {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    Stage& stage = stages_[i];
    const Stage& other = more.stages_[i];
    stage.calls += other.calls;
    stage.measured += other.measured;
    stage.seconds += other.seconds;
    for (std::size_t bucket = 0; bucket < stage.buckets.size(); ++bucket) {
      stage.buckets[bucket] += other.buckets[bucket];
    }
  }
  return *this;
}

}  // namespace gabion::proxy
