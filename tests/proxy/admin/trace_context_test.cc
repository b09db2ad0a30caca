// W3C traceparent and request ids, from the specification's own rules.
#include "proxy/admin/trace_context.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace gabion::proxy {
namespace {

constexpr std::string_view kValid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Counts up, or stands still.
class FakeRandom final : public RandomSource {
 public:
  explicit FakeRandom(std::uint8_t first, std::uint8_t step = 1) : next_(first), step_(step) {}
  void fill(std::span<std::uint8_t> bytes) noexcept override {
    for (std::uint8_t& byte : bytes) {
      byte = next_;
      next_ = static_cast<std::uint8_t>(next_ + step_);
    }
  }

 private:
  std::uint8_t next_;
  std::uint8_t step_;
};

std::string text_of(const TraceParent& trace) {
  std::string text(kTraceparentBytes, '?');
  write_traceparent(trace, std::span<char, kTraceparentBytes>(text.data(), kTraceparentBytes));
  return text;
}

struct Case {
  const char* name;
  std::string text;
  bool valid;
  bool sampled = false;
};

class TraceparentTest : public ::testing::TestWithParam<Case> {};

TEST_P(TraceparentTest, IsReadAsTheSpecificationSays) {
  const auto parsed = parse_traceparent(GetParam().text);
  ASSERT_EQ(parsed.has_value(), GetParam().valid);
  if (parsed) {
    EXPECT_EQ(parsed->sampled, GetParam().sampled);
  }
}

const std::string kIds = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

INSTANTIATE_TEST_SUITE_P(
    Version00, TraceparentTest,
    ::testing::Values(Case{"Sampled", std::string(kValid), true, true}, Case{"NotSampled", "00-" + kIds + "-00", true},
                      Case{"UnknownFlags", "00-" + kIds + "-ff", true, true},
                      Case{"UnknownFlagsOnly", "00-" + kIds + "-fe", true}, Case{"Empty", "", false},
                      Case{"TooShort", "00-" + kIds + "-0", false}, Case{"TooLong", "00-" + kIds + "-011", false},
                      Case{"MoreFields", "00-" + kIds + "-01-00", false},
                      Case{"TrailingDash", "00-" + kIds + "-01-", false},
                      Case{"UpperCaseTraceId", "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false},
                      Case{"UpperCaseSpanId", "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067aa0ba902b7-01", false},
                      Case{"UpperCaseFlags", "00-" + kIds + "-0A", false},
                      Case{"ZeroTraceId", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", false},
                      Case{"ZeroSpanId", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false},
                      Case{"NotHex", "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01", false},
                      Case{"NoDashAfterVersion", "00_" + kIds + "-01", false},
                      Case{"NoDashBetweenIds", "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01", false},
                      Case{"NoDashBeforeFlags", "00-" + kIds + "_01", false},
                      Case{"LeadingBlank", " 00-" + kIds + "-0", false},
                      Case{"NulByte", "00-" + kIds + "-0" + std::string(1, '\0'), false}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    OtherVersions, TraceparentTest,
    ::testing::Values(Case{"LaterSameLength", "cc-" + kIds + "-01", true, true},
                      Case{"LaterWithMore", "cc-" + kIds + "-01-what-the-future-holds", true, true},
                      Case{"LaterWithoutDash", "cc-" + kIds + "-01.what", false},
                      Case{"LaterTooShort", "cc-" + kIds + "-1", false}, Case{"Ff", "ff-" + kIds + "-01", false},
                      Case{"UpperCaseVersion", "CC-" + kIds + "-01", false},
                      Case{"BlankVersion", "0 -" + kIds + "-01", false},
                      Case{"LaterWithDashOnly", "01-" + kIds + "-00-", true}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Traceparent, IsRefusedCutAnywhere) {
  for (std::size_t size = 0; size < kValid.size(); ++size) {
    EXPECT_FALSE(parse_traceparent(kValid.substr(0, size))) << size;
  }
}

TEST(Traceparent, IsWrittenAsItWasRead) {
  const auto parsed = parse_traceparent(kValid);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(text_of(*parsed), kValid);
}

TEST(ForwardedTrace, KeepsTheTraceAndPutsItsOwnSpan) {
  FakeRandom random(1);
  const ForwardedTrace forwarded = forward_trace(kValid, random);
  EXPECT_TRUE(forwarded.keep_tracestate);
  EXPECT_EQ(text_of(forwarded.trace), "00-4bf92f3577b34da6a3ce929d0e0e4736-0102030405060708-01");
}

TEST(ForwardedTrace, IsVersionZeroWithKnownFlagsForALaterVersion) {
  FakeRandom random(1);
  const ForwardedTrace forwarded = forward_trace("cc-" + kIds + "-ff-more", random);
  EXPECT_EQ(text_of(forwarded.trace), "00-4bf92f3577b34da6a3ce929d0e0e4736-0102030405060708-01");
}

TEST(ForwardedTrace, IsANewOneForNothingOrNonsense) {
  for (const std::string_view received : {std::string_view(), std::string_view("nonsense"), kValid.substr(1)}) {
    FakeRandom random(1);
    const ForwardedTrace forwarded = forward_trace(received, random);
    EXPECT_FALSE(forwarded.keep_tracestate);
    EXPECT_EQ(text_of(forwarded.trace), "00-0102030405060708090a0b0c0d0e0f10-1112131415161718-00");
  }
}

TEST(ForwardedTrace, IsValidEvenWhenRandomnessIsZero) {
  FakeRandom zeros(0, 0);
  EXPECT_TRUE(parse_traceparent(text_of(make_trace(zeros))));
  EXPECT_TRUE(parse_traceparent(text_of(forward_trace(kValid, zeros).trace)));
}

std::string request_id(RandomSource& random) {
  std::string id(kRequestIdBytes, '?');
  write_request_id(random, std::span<char, kRequestIdBytes>(id.data(), kRequestIdBytes));
  return id;
}

TEST(RequestId, IsAVersion4Uuid) {
  FakeRandom counting(0);
  EXPECT_EQ(request_id(counting), "00010203-0405-4607-8809-0a0b0c0d0e0f");
  FakeRandom ones(0xFF, 0);
  EXPECT_EQ(request_id(ones), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(KernelRandom, GivesIdsThatDiffer) {
  KernelRandom random;
  std::set<std::string> ids;
  constexpr std::size_t kIdsWanted = 1'000;  // many blocks
  for (std::size_t i = 0; i < kIdsWanted; ++i) {
    ids.insert(request_id(random));
  }
  EXPECT_EQ(ids.size(), kIdsWanted);
}

}  // namespace
}  // namespace gabion::proxy
