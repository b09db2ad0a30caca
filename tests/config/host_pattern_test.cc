// Which host patterns a route may name.
#include "config/host_pattern.h"

#include <gtest/gtest.h>

namespace gabion::config {
namespace {

TEST(HostPattern, IsKeptAsWritten) {
  for (const char* text : {"orders", "orders.shop", "*.shop.svc", "orders.shop:8080", "*", "*:80", "*.x:443",
                           "10.0.0.1", "10.0.0.1:80", "[::1]", "[2001:db8::1]:65535", "xn--bcher-kva.example"}) {
    EXPECT_EQ(parse_host_pattern(text).value(), text);
  }
}

TEST(HostPattern, ThatNoHostCanMatchIsRefused) {
  for (const char* text : {"",
                           ":80",
                           "orders.",
                           ".orders",
                           "a..b",
                           "**",
                           "*a",
                           "a*",
                           "*.",
                           "*.*",
                           "a.*.b",
                           "a b",
                           "a/b",
                           "http://a",
                           "a_b",
                           "::1",
                           "[::1",
                           "[10.0.0.1]",
                           "[::0001]",
                           "[0:0:0:0:0:0:0:1]",
                           "[fe80::1%eth0]",
                           "[::1]x",
                           "b\xc3\xbc.example",
                           "a,b",
                           "user@a"}) {
    EXPECT_FALSE(parse_host_pattern(text).has_value()) << text;
  }
}

TEST(HostPattern, ErrorsSayWhatIsWrong) {
  EXPECT_EQ(parse_host_pattern("Orders").error().what, "\"Orders\" must be lower case");
  EXPECT_EQ(parse_host_pattern("a:0").error().what, "\"a:0\" is not a host: its port must be 1 to 65535");
  for (const char* text : {"a:", "a:65536", "a:080", "a:x", "a:-1", "[::1]:"}) {
    EXPECT_NE(parse_host_pattern(text).error().what.find("its port must be 1 to 65535"), std::string::npos) << text;
  }
  EXPECT_EQ(parse_host_pattern("a.").error().what,
            "\"a.\" is not a host: a DNS name, *.name, *, an IPv4 address or a [canonical IPv6 address]");
}

}  // namespace
}  // namespace gabion::config
