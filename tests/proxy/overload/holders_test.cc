// Who is ended when memory runs out: the largest first, no more than needed, nobody for little.
#include "proxy/overload/holders.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::proxy {
namespace {

constexpr std::uint64_t kKiB = 1024;

struct Choice {
  const char* name;
  std::vector<std::uint64_t> kib;  ///< of each holder; the first moved last
  std::uint64_t in_use_kib;
  std::uint64_t target_kib;
  std::vector<std::size_t> chosen;  ///< indices into kib
};

class HoldersChoice : public ::testing::TestWithParam<Choice> {};

TEST_P(HoldersChoice, EndsThese) {
  std::vector<HeldMemory> held;
  const std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  for (std::size_t i = 0; i < GetParam().kib.size(); ++i) {
    held.push_back({nullptr, GetParam().kib[i] * kKiB, now - std::chrono::seconds(i)});
  }
  const auto count = choose_largest(held, GetParam().in_use_kib * kKiB, GetParam().target_kib * kKiB);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < count; ++i) {
    chosen.push_back(static_cast<std::size_t>((now - held[i].moved_at) / std::chrono::seconds(1)));
  }
  EXPECT_EQ(chosen, GetParam().chosen);
}

INSTANTIATE_TEST_SUITE_P(Holders, HoldersChoice,
                         ::testing::Values(Choice{"None", {}, 100, 50, {}},
                                           Choice{"TheLargest", {16, 512, 64}, 600, 500, {1}},
                                           Choice{"NoMoreThanNeeded", {32, 128, 64, 48}, 272, 100, {1, 2}},
                                           Choice{"UntilTheStepIsOver", {32, 32, 32}, 96, 64, {2, 1}},
                                           Choice{"OfEqualsWhoHasNotMovedForLongest", {64, 64, 64}, 192, 150, {2}},
                                           Choice{"NobodyForLittle", {15, 1, 0}, 1'000, 500, {}},
                                           Choice{"EnoughIsThereAlready", {512}, 99, 100, {}},
                                           Choice{"MoreThanIsKnown", {64}, 10'000, 100, {0}}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(HoldersTest, EndsSoManyAtOnceOnly) {
  std::vector<HeldMemory> held(1'000);
  for (HeldMemory& each : held) {
    each.bytes = 32 * kKiB;
  }
  EXPECT_EQ(choose_largest(held, 32'000 * kKiB, 0), kMostEndedAtOnce);
}

}  // namespace
}  // namespace gabion::proxy
