// Whether a proxy's marks are those of the rules it finds.
#include "proxy/interception/noted_marks.h"

#include <gtest/gtest.h>

namespace gabion::proxy::interception {
namespace {

using Noted = std::vector<std::vector<std::uint32_t>>;

config::ProxyConfig sidecar(config::CaptureMode mode) {
  config::ProxyConfig config;
  config.capture.inbound = {*config::Endpoint::parse("0.0.0.0:15006")};
  config.capture.inbound_mode = mode;
  return config;
}

config::ProxyConfig gateway() {
  auto config = sidecar(config::CaptureMode::kTproxy);
  config.gateway.emplace();
  return config;
}

TEST(NotedMarks, OfTheRulesAreThoseOfTheProxy) {
  const auto tproxy = sidecar(config::CaptureMode::kTproxy);
  struct Case {
    const char* name;
    config::ProxyConfig config;
    Noted noted;
    const char* refused;  // nullptr: not
    bool warns;
  };
  for (const auto& each : {
           Case{"the same", tproxy, {{1338}, {1338}}, nullptr, false},
           Case{"a gateway's rules", tproxy, {{1338, 1339}, {1338, 1339}}, nullptr, false},
           Case{"one family of two", tproxy, {{1338}, {}}, nullptr, true},
           Case{"the other one", tproxy, {{}, {1338}}, nullptr, true},
           Case{"no other family", tproxy, {{1338}}, nullptr, false},
           Case{"another mark",
                tproxy,
                {{1400}, {1400}},
                "mark 1338, and the rules of this network namespace are for 1400",
                false},
           Case{"in one family", tproxy, {{1338}, {1400}}, "are for 1400", false},
           Case{"none", tproxy, {{}, {}}, nullptr, true},
           Case{"nothing could be read", tproxy, {}, nullptr, true},
           Case{"gateway", gateway(), {{1338, 1339}, {1338, 1339}}, nullptr, false},
           Case{"gateway beside rules of a sidecar", gateway(), {{1338}, {1338}}, "mark 1339", false},
           Case{"gateway, another mark", gateway(), {{1339, 1340}, {1339, 1340}}, "mark 1338", false},
           Case{"redirect", sidecar(config::CaptureMode::kRedirect), {{}, {}}, nullptr, false},
           Case{"redirect behind TPROXY",
                sidecar(config::CaptureMode::kRedirect),
                {{1338}, {1338}},
                "lead by TPROXY",
                false},
           Case{"nothing captured", config::ProxyConfig(), {{1338}, {1338}}, nullptr, false},
       }) {
    const auto found = compare_marks(each.config, each.noted);
    EXPECT_EQ(found.refusal.has_value(), each.refused != nullptr) << each.name;
    if (found.refusal && each.refused != nullptr) {
      EXPECT_NE(found.refusal->what.find(each.refused), std::string::npos) << each.name << ": " << found.refusal->what;
    }
    EXPECT_EQ(found.warning.has_value(), each.warns) << each.name;
  }
}

TEST(NotedMarks, AreOfWhatIsInstalled) {
  NetSettings settings;
  EXPECT_TRUE(marks_to_note(settings).empty());
  settings.layout = Layout::kSidecarTproxy;
  EXPECT_EQ(marks_to_note(settings), (std::vector<std::uint32_t>{1338}));
  settings.layout = Layout::kGateway;
  settings.mark = 7;
  EXPECT_EQ(marks_to_note(settings), (std::vector<std::uint32_t>{7, 8}));
}

TEST(NotedMarks, AreAskedOfTheKernelByAnybody) {
  EXPECT_TRUE(noted_marks(Family::kV4).has_value());
}

}  // namespace
}  // namespace gabion::proxy::interception
