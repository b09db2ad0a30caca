// Which URIs name a workload, and which only look like it.
#include "config/spiffe_id.h"

#include <gtest/gtest.h>

namespace gabion::config {
namespace {

TEST(SpiffeId, IsReadIntoItsThreeParts) {
  const auto id = SpiffeId::parse("spiffe://cluster.local/ns/shop/sa/orders.v2");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->trust_domain, "cluster.local");
  EXPECT_EQ(id->name_space, "shop");
  EXPECT_EQ(id->service_account, "orders.v2");
  EXPECT_EQ(id->to_string(), "spiffe://cluster.local/ns/shop/sa/orders.v2");
}

TEST(SpiffeId, TrustDomainsMayHoldDotsDashesAndUnderscores) {
  EXPECT_EQ(SpiffeId::parse("spiffe://a_b-c.9/ns/n/sa/s").value().trust_domain, "a_b-c.9");
  EXPECT_TRUE(SpiffeId::parse("spiffe://" + std::string(255, 'a') + "/ns/n/sa/s").has_value());
}

struct BadId {
  const char* name;
  std::string uri;
  std::string part;  ///< of the error
};

class BadSpiffeIdTest : public ::testing::TestWithParam<BadId> {};

TEST_P(BadSpiffeIdTest, IsRefused) {
  const auto id = SpiffeId::parse(GetParam().uri);
  ASSERT_FALSE(id.has_value()) << GetParam().uri;
  EXPECT_EQ(id.error().what, "not a SPIFFE id: " + GetParam().part);
}

constexpr const char* kScheme = "it must begin with spiffe://";
constexpr const char* kDomain = "its trust domain must be 1 to 255 of a-z, 0-9, '.', '-', '_'";
constexpr const char* kPath = "its path must be /ns/<namespace>/sa/<service account>";
constexpr const char* kNamespace = "its namespace is not a DNS label";
constexpr const char* kAccount = "its service account is not a DNS subdomain";

INSTANTIATE_TEST_SUITE_P(
    Forms, BadSpiffeIdTest,
    ::testing::Values(
        BadId{"Empty", "", kScheme}, BadId{"OtherScheme", "https://td/ns/n/sa/s", kScheme},
        BadId{"UpperCaseScheme", "SPIFFE://td/ns/n/sa/s", kScheme}, BadId{"OneSlash", "spiffe:/td/ns/n/sa/s", kScheme},
        BadId{"LeadingBlank", " spiffe://td/ns/n/sa/s", kScheme}, BadId{"NoDomain", "spiffe:///ns/n/sa/s", kDomain},
        BadId{"UpperCaseDomain", "spiffe://Cluster.local/ns/n/sa/s", kDomain},
        BadId{"Port", "spiffe://td:443/ns/n/sa/s", kDomain}, BadId{"UserInfo", "spiffe://me@td/ns/n/sa/s", kDomain},
        BadId{"EscapeInDomain", "spiffe://t%64/ns/n/sa/s", kDomain},
        BadId{"LongDomain", "spiffe://" + std::string(256, 'a') + "/ns/n/sa/s", kDomain},
        BadId{"QueryInDomain", "spiffe://td?x", kDomain}, BadId{"NoPath", "spiffe://td", kPath},
        BadId{"RootPath", "spiffe://td/", kPath}, BadId{"EmptySegment", "spiffe://td//ns/n/sa/s", kPath},
        BadId{"DotSegment", "spiffe://td/./ns/n/sa/s", kPath}, BadId{"UpperCaseNs", "spiffe://td/NS/n/sa/s", kPath},
        BadId{"NoAccount", "spiffe://td/ns/n", kPath}, BadId{"NoAccountSlash", "spiffe://td/ns/n/sa", kPath},
        BadId{"EmptyNamespace", "spiffe://td/ns//sa/s", kNamespace},
        BadId{"DottedNamespace", "spiffe://td/ns/a.b/sa/s", kNamespace},
        BadId{"DotDotNamespace", "spiffe://td/ns/../sa/s", kNamespace},
        BadId{"UpperCaseNamespace", "spiffe://td/ns/N/sa/s", kNamespace},
        BadId{"LongNamespace", "spiffe://td/ns/" + std::string(64, 'n') + "/sa/s", kNamespace},
        BadId{"EmptyAccount", "spiffe://td/ns/n/sa/", kAccount},
        BadId{"DotDotAccount", "spiffe://td/ns/n/sa/..", kAccount},
        BadId{"EscapedAccount", "spiffe://td/ns/n/sa/a%62", kAccount},
        BadId{"TrailingSlash", "spiffe://td/ns/n/sa/s/", kAccount},
        BadId{"MoreSegments", "spiffe://td/ns/n/sa/s/x", kAccount},
        BadId{"Query", "spiffe://td/ns/n/sa/s?x=1", kAccount}, BadId{"Fragment", "spiffe://td/ns/n/sa/s#x", kAccount},
        BadId{"Nul", std::string("spiffe://td/ns/n/sa/s\0", 22), kAccount},
        BadId{"LineFeed", "spiffe://td/ns/n/sa/s\n", kAccount},
        BadId{"NotAscii", "spiffe://td/ns/n/sa/\xc3\xbc", kAccount},
        BadId{"TooLong", "spiffe://td/ns/n/sa/" + std::string(2029, 's'), "it is longer than 2048 bytes"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gabion::config
