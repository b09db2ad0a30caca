// How ends are spelled.
#include <gtest/gtest.h>

#include "config/policy/traffic.h"

namespace gabion::config::policy {
namespace {

TEST(Traffic, EndsAreSpelledInThreeWays) {
  EXPECT_EQ(End::parse("shop/web-0").value().pod.to_string(), "shop/web-0");
  EXPECT_EQ(End::parse("node:n1").value().node, "n1");
  EXPECT_EQ(End::parse("ip:::ffff:10.0.0.1").value().address.to_string(), "10.0.0.1");
  for (const char* bad : {"", "web", "/web", "shop/", "Shop/web", "ip:", "ip:10.0.0", "node:", "a/b/c"}) {
    EXPECT_FALSE(End::parse(bad).has_value()) << bad;
  }
}

TEST(Traffic, IsToldInOneLine) {
  Traffic traffic{End::parse("a/b").value(), End::parse("node:n").value(), 80, kube::IpProtocol::kUdp, {}, {}};
  EXPECT_EQ(traffic.to_string(), "a/b -> node:n:80/UDP");
  traffic.request = HttpRequest{"PUT", "/x", "", {}};
  EXPECT_EQ(traffic.to_string(), "a/b -> node:n:80/UDP  PUT /x");
}

}  // namespace
}  // namespace gabion::config::policy
