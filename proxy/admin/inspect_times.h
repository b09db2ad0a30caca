// How long inspection takes by stage, measured at one call in kMeasuredOneIn: a clock costs as much as a short look.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::proxy {

/// Which question inspection was asked.
enum class InspectStage : std::uint8_t { kRequestHead, kRequestBody, kResponseBody, kCount };

[[nodiscard]] std::string_view to_string(InspectStage stage) noexcept;

/// Upper bounds in seconds; +Inf follows.
inline constexpr std::array<double, 10> kInspectBuckets = {0.000'001, 0.000'002'5, 0.000'005, 0.000'01, 0.000'025,
                                                           0.000'05,  0.000'1,     0.000'5,   0.001,    0.01};

/// Belongs to one worker; a copy may travel.
class InspectTimes {
 public:
  static constexpr std::uint64_t kMeasuredOneIn = 64;

  /// The calls measured of one stage.
  struct Stage {
    std::uint64_t calls = 0;  ///< all of them
    std::uint64_t measured = 0;
    double seconds = 0;
    std::array<std::uint64_t, kInspectBuckets.size() + 1> buckets{};  ///< not cumulative; the last is +Inf
  };

  /// Makes the call, which answers for itself, and measures it when its turn has come: the first one, then each 64th.
  template <class Call>
  decltype(auto) time(InspectStage stage, Call call) {
    Stage& its = stages_[static_cast<std::size_t>(stage)];
    if (its.calls++ % kMeasuredOneIn != 0) {
      return call();
    }
    const Measurement until_return(its);
    return call();
  }

  [[nodiscard]] const Stage& of(InspectStage stage) const noexcept { return stages_[static_cast<std::size_t>(stage)]; }
  InspectTimes& operator+=(const InspectTimes& more) noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  class Measurement {
   public:
    explicit Measurement(Stage& stage) noexcept : stage_(stage) {}
    ~Measurement();
    Measurement(const Measurement&) = delete;
    Measurement& operator=(const Measurement&) = delete;

   private:
    Stage& stage_;
    Clock::time_point begin_ = Clock::now();
  };

  std::array<Stage, static_cast<std::size_t>(InspectStage::kCount)> stages_;
};

}  // namespace gabion::proxy
