// Who is warned that something is open to others.
#include "config/exposure.h"

#include <gtest/gtest.h>

namespace gabion::config {
namespace {

Errors warnings_for(std::string_view listen) {
  ProxyConfig config;
  config.file = "/etc/gabion.yaml";
  config.admin.listen = {*IpAddress::parse(listen), 15000};
  return exposure_warnings(config);
}

TEST(Exposure, OfTheAdminPortIsWarnedOf) {
  for (const std::string_view listen : {"0.0.0.0", "10.0.0.1", "::", "2001:db8::1"}) {
    const auto warnings = warnings_for(listen);
    ASSERT_EQ(warnings.size(), 1U) << listen;
    EXPECT_EQ(warnings.front().where, "/etc/gabion.yaml: admin.listen");
  }
}

TEST(Exposure, OnLoopbackIsNone) {
  for (const std::string_view listen : {"127.0.0.1", "127.0.0.9", "::1"}) {
    EXPECT_TRUE(warnings_for(listen).empty()) << listen;
  }
}

TEST(Exposure, OfADenyIsWarnedOfForEveryPathThatIsKept) {
  ProxyConfig config;
  config.file = "/etc/gabion.yaml";
  config.admin.listen = {*IpAddress::parse("127.0.0.1"), 15000};
  InspectionProfile& profile = config.profiles.emplace_back();
  profile.name = "api";
  profile.paths.letters = PathCase::kFold;  // refuses more, opens nothing
  EXPECT_TRUE(exposure_warnings(config).empty());
  profile.paths.empty_segments = profile.paths.semicolon = DoubtfulPath::kKeep;
  const auto warnings = exposure_warnings(config);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0].where, "/etc/gabion.yaml: inspection.profiles.api.paths.emptySegments");
  EXPECT_NE(warnings[0].what.find("does not meet //admin"), std::string::npos);
  EXPECT_EQ(warnings[1].where, "/etc/gabion.yaml: inspection.profiles.api.paths.semicolon");
  EXPECT_NE(warnings[1].what.find("does not meet /admin;x"), std::string::npos);
}

}  // namespace
}  // namespace gabion::config
