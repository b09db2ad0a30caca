// Addresses and networks: what the API server accepts, what it refuses, and who contains whom.
#include "config/ip_address.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace gabion::config {
namespace {

struct AddressCase {
  std::string text;
  std::string expected;  ///< to_string(), empty = refused
};

class IpAddressTest : public ::testing::TestWithParam<AddressCase> {};

TEST_P(IpAddressTest, IsReadAsTheApiServerReadsIt) {
  const auto& [text, expected] = GetParam();
  const auto address = IpAddress::parse(text);
  ASSERT_EQ(address.has_value(), !expected.empty()) << text;
  if (address) {
    EXPECT_EQ(address->to_string(), expected);
    EXPECT_EQ(IpAddress::parse(address->to_string()).value(), *address);
  }
}

INSTANTIATE_TEST_SUITE_P(
    V4, IpAddressTest,
    ::testing::Values(AddressCase{"0.0.0.0", "0.0.0.0"}, AddressCase{"255.255.255.255", "255.255.255.255"},
                      AddressCase{"010.0.0.08", "10.0.0.8"},  // decimal, not octal
                      AddressCase{"0000000000000000000001.2.3.4", "1.2.3.4"}, AddressCase{"", ""}, AddressCase{"1", ""},
                      AddressCase{"1.2.3", ""}, AddressCase{"1.2.3.4.", ""}, AddressCase{"1.2.3.4.5", ""},
                      AddressCase{"1.2.3.256", ""}, AddressCase{"1.2.3.4294967297", ""},
                      AddressCase{"1.2.3.18446744073709551617", ""}, AddressCase{"1..3.4", ""},
                      AddressCase{".1.2.3", ""}, AddressCase{"+1.2.3.4", ""}, AddressCase{"-1.2.3.4", ""},
                      AddressCase{" 1.2.3.4", ""}, AddressCase{"1.2.3.4 ", ""}, AddressCase{"1.2.3.0x4", ""},
                      AddressCase{"1.2.3.4/8", ""}, AddressCase{"1.2.3.4:80", ""},
                      AddressCase{std::string("1.2.3.4\0", 8), ""}));

INSTANTIATE_TEST_SUITE_P(
    V6, IpAddressTest,
    ::testing::Values(AddressCase{"::", "::"}, AddressCase{"::1", "::1"}, AddressCase{"1::", "1::"},
                      AddressCase{"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},  // first of two equal runs
                      AddressCase{"1:0:0:2:0:0:0:3", "1:0:0:2::3"}, AddressCase{"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
                      AddressCase{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
                      AddressCase{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"}, AddressCase{"00001::000f", "1::f"},
                      AddressCase{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
                      AddressCase{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"}, AddressCase{"::1.2.3.4", "::102:304"},
                      AddressCase{"::ffff:10.1.2.3", "10.1.2.3"}, AddressCase{"::FFFF:0a01:0203", "10.1.2.3"},
                      AddressCase{"0:0:0:0:0:ffff:010.1.2.3", "10.1.2.3"}, AddressCase{":", ""}, AddressCase{":::", ""},
                      AddressCase{"1", ""}, AddressCase{"1:2", ""}, AddressCase{"1::2::3", ""},
                      AddressCase{"1:::2", ""}, AddressCase{":1::2", ""}, AddressCase{"1::2:", ""},
                      AddressCase{"1:2:3:4:5:6:7:8:9", ""}, AddressCase{"1:2:3:4::5:6:7:8", ""},
                      AddressCase{"1:2:3:4:5:6:7:8::", ""}, AddressCase{"10000::", ""}, AddressCase{"g::", ""},
                      AddressCase{"fe80::1%eth0", ""}, AddressCase{"[::1]", ""}, AddressCase{"::1.2.3", ""},
                      AddressCase{"::1.2.3.4:5", ""}, AddressCase{"1:2:3:4:5:6:7:1.2.3.4", ""},
                      AddressCase{"1:2:3:4:5:1.2.3.4", ""}, AddressCase{"1:2:3:4:5:6:7::1.2.3.4", ""},
                      AddressCase{"::256.0.0.1", ""}, AddressCase{"::-1", ""}, AddressCase{"::1 ", ""}));

TEST(IpAddress, ErrorsNameTheText) {
  EXPECT_EQ(IpAddress::parse("300.1.1.1").error().to_string(), "\"300.1.1.1\" is not an IP address");
  EXPECT_EQ(IpAddress::parse(std::string(1000, '1')).error().what.size(), 64 + sizeof("\"\" is not an IP address") - 1);
}

TEST(IpAddress, LoopbackIsAWholeNetInV4AndOneAddressInV6) {
  for (const char* text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.2"}) {
    EXPECT_TRUE(IpAddress::parse(text).value().is_loopback()) << text;
  }
  for (const char* text : {"128.0.0.1", "0.0.0.0", "::", "::2", "1::1", "::7f00:1"}) {
    EXPECT_FALSE(IpAddress::parse(text).value().is_loopback()) << text;
  }
}

TEST(IpAddress, FamiliesAreDifferentValuesEvenWithEqualBytes) {
  EXPECT_NE(IpAddress::parse("0.0.0.0").value(), IpAddress::parse("::").value());
  EXPECT_EQ(IpAddress(), IpAddress::v4(0));
  EXPECT_LT(IpAddress::parse("10.0.0.1").value(), IpAddress::parse("10.0.0.2").value());
}

TEST(IpAddress, HashSpreadsNeighbours) {
  std::unordered_set<std::size_t> low_bits;
  for (std::uint32_t i = 0; i < 4096; ++i) {
    low_bits.insert(std::hash<IpAddress>{}(IpAddress::v4(0x0A000000 + i)) & 0xFFFFU);
  }
  EXPECT_GT(low_bits.size(), 3500U);  // 4096 balls into 65536 boxes leave about 3970 in use
}

struct CidrCase {
  std::string text;
  std::string network;  ///< empty = refused
  int prefix_bits = 0;
};

class CidrTest : public ::testing::TestWithParam<CidrCase> {};

TEST_P(CidrTest, IsReadAsTheApiServerReadsIt) {
  const auto& [text, network, prefix_bits] = GetParam();
  const auto cidr = Cidr::parse(text);
  ASSERT_EQ(cidr.has_value(), !network.empty()) << text;
  if (cidr) {
    EXPECT_EQ(cidr->network.to_string(), network);
    EXPECT_EQ(cidr->prefix_bits, prefix_bits);
    EXPECT_TRUE(cidr->contains(cidr->network));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Spelling, CidrTest,
    ::testing::Values(CidrCase{"10.0.0.0/8", "10.0.0.0", 8}, CidrCase{"010.0.0.0/08", "10.0.0.0", 8},
                      CidrCase{"10.1.2.3/16", "10.1.0.0", 16}, CidrCase{"1.2.3.4/32", "1.2.3.4", 32},
                      CidrCase{"1.2.3.4/0", "0.0.0.0", 0}, CidrCase{"255.255.255.255/31", "255.255.255.254", 31},
                      CidrCase{"2001:db8::1/32", "2001:db8::", 32}, CidrCase{"::/0", "::", 0},
                      CidrCase{"::1/128", "::1", 128}, CidrCase{"ffff::/1", "8000::", 1},
                      CidrCase{"::ffff:10.1.2.3/104", "10.0.0.0", 8},  // mapped: length minus 96
                      CidrCase{"::ffff:0:0/96", "0.0.0.0", 0}, CidrCase{"::ffff:10.0.0.1/128", "10.0.0.1", 32},
                      CidrCase{"::ffff:0:0/95", "::fffe:0:0", 95},  // one bit shorter is an IPv6 net
                      CidrCase{"::ffff:1.2.3.4/0", "::", 0}, CidrCase{"", ""}, CidrCase{"/8", ""},
                      CidrCase{"10.0.0.0", ""}, CidrCase{"10.0.0.0/", ""}, CidrCase{"10.0/16", ""},
                      CidrCase{"10.0.0.0/33", ""}, CidrCase{"10.0.0.0/-1", ""}, CidrCase{"10.0.0.0/+8", ""},
                      CidrCase{"10.0.0.0/ 8", ""}, CidrCase{" 10.0.0.0/8", ""}, CidrCase{"10.0.0.0/8 ", ""},
                      CidrCase{"10.0.0.0/8/8", ""}, CidrCase{"10.0.0.256/8", ""}, CidrCase{"10.0.0.0/0x8", ""},
                      CidrCase{"10.0.0.0/255.0.0.0", ""}, CidrCase{"::/129", ""}, CidrCase{"fe80::%eth0/64", ""},
                      CidrCase{"10.0.0.0/4294967304", ""}, CidrCase{"::ffff:10.0.0.0/129", ""}));

struct ContainsCase {
  std::string cidr;
  std::string address;
  bool expected;
};

class CidrContainsTest : public ::testing::TestWithParam<ContainsCase> {};

TEST_P(CidrContainsTest, ComparesWithinAFamily) {
  const auto& [cidr, address, expected] = GetParam();
  EXPECT_EQ(Cidr::parse(cidr).value().contains(IpAddress::parse(address).value()), expected) << cidr << " " << address;
}

INSTANTIATE_TEST_SUITE_P(
    Nets, CidrContainsTest,
    ::testing::Values(
        ContainsCase{"10.0.0.0/8", "10.255.255.255", true}, ContainsCase{"10.0.0.0/8", "11.0.0.0", false},
        ContainsCase{"10.0.0.0/9", "10.127.255.255", true}, ContainsCase{"10.0.0.0/9", "10.128.0.0", false},
        ContainsCase{"10.0.0.5/32", "10.0.0.5", true}, ContainsCase{"10.0.0.5/32", "10.0.0.4", false},
        ContainsCase{"0.0.0.0/0", "255.1.2.3", true}, ContainsCase{"0.0.0.0/0", "::", false},
        ContainsCase{"::/0", "0.0.0.0", false}, ContainsCase{"::/0", "ffff::1", true},
        ContainsCase{"::/0", "::ffff:1.2.3.4", false}, ContainsCase{"1.2.0.0/16", "::ffff:1.2.3.4", true},
        ContainsCase{"::ffff:1.2.0.0/112", "1.2.3.4", true}, ContainsCase{"::ffff:1.2.0.0/112", "1.3.3.4", false},
        ContainsCase{"::ffff:0:0/95", "1.2.3.4", false}, ContainsCase{"2001:db8::/33", "2001:db8:7fff::", true},
        ContainsCase{"2001:db8::/33", "2001:db8:8000::", false}, ContainsCase{"::1/128", "::1", true},
        ContainsCase{"::1/128", "::", false}));

struct EndpointCase {
  std::string text;
  std::string expected;  ///< empty = refused
};

class EndpointTest : public ::testing::TestWithParam<EndpointCase> {};

TEST_P(EndpointTest, IsAnAddressAndAPort) {
  const auto& [text, expected] = GetParam();
  const auto endpoint = Endpoint::parse(text);
  ASSERT_EQ(endpoint.has_value(), !expected.empty()) << text;
  if (endpoint) {
    EXPECT_EQ(endpoint->to_string(), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Spelling, EndpointTest,
    ::testing::Values(EndpointCase{"10.0.0.1:80", "10.0.0.1:80"}, EndpointCase{"[::1]:65535", "[::1]:65535"},
                      EndpointCase{"127.0.0.1:0", "127.0.0.1:0"}, EndpointCase{"[::ffff:1.2.3.4]:80", "1.2.3.4:80"},
                      EndpointCase{"", ""}, EndpointCase{":", ""}, EndpointCase{":80", ""},
                      EndpointCase{"10.0.0.1", ""}, EndpointCase{"10.0.0.1:", ""}, EndpointCase{"10.0.0.1:65536", ""},
                      EndpointCase{"10.0.0.1:-1", ""}, EndpointCase{"10.0.0.1:+1", ""},
                      EndpointCase{"10.0.0.1: 80", ""}, EndpointCase{"::1:80", ""}, EndpointCase{"[::1]", ""},
                      EndpointCase{"[::1]80", ""}, EndpointCase{"[]:80", ""}, EndpointCase{"[10.0.0.1]:80", ""},
                      EndpointCase{"localhost:80", ""}, EndpointCase{"10.0.0.1:80:80", ""},
                      EndpointCase{"10.0.0.1:000080", ""}, EndpointCase{"[::1:80", ""}, EndpointCase{"::1]:80", ""}));

}  // namespace
}  // namespace gabion::config
