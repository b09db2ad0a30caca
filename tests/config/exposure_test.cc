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

}  // namespace
}  // namespace gabion::config
