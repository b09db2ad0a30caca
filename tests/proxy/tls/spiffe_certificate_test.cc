// Which leaf certificates carry an identity, and what is said about the others.
#include "proxy/tls/spiffe_certificate.h"

#include <gtest/gtest.h>

#include "tests/proxy/tls/certificates.h"

namespace gabion::proxy::tls {
namespace {

struct Case {
  std::string name;
  CertificateRecipe recipe;
  std::string problem;  ///< part of the error; empty = an identity
};

class SpiffeCertificateTest : public ::testing::TestWithParam<Case> {};

TEST_P(SpiffeCertificateTest, FindsTheIdentityOrSaysWhatIsWrong) {
  const TestAuthority authority("root");
  const auto leaf = authority.issue(GetParam().recipe);
  const auto id = spiffe_id_of(*leaf.certificate);
  if (GetParam().problem.empty()) {
    ASSERT_TRUE(id.has_value()) << id.error().what;
    EXPECT_EQ(id->to_string(), kTestId);
    return;
  }
  ASSERT_TRUE(id.has_error());
  EXPECT_NE(id.error().what.find(GetParam().problem), std::string::npos) << id.error().what;
}

INSTANTIATE_TEST_SUITE_P(
    Leaves, SpiffeCertificateTest,
    ::testing::Values(
        Case{"Usual", {}, ""},
        Case{"WithDnsNamesBeside", {.subject_alt_name = "DNS:web.shop.svc,URI:" + kTestId + ",IP:10.0.0.1"}, ""},
        Case{"WithKeyEncipherment", {.key_usage = "digitalSignature,keyEncipherment"}, ""},
        Case{"NoSan", {.subject_alt_name = ""}, "no URI SAN"},
        Case{"OnlyDns", {.subject_alt_name = "DNS:web.shop.svc"}, "no URI SAN"},
        Case{"TwoUris", {.subject_alt_name = "URI:" + kTestId + ",URI:" + kOtherTestId}, "more than one URI"},
        Case{"TheSameUriTwice", {.subject_alt_name = "URI:" + kTestId + ",URI:" + kTestId}, "more than one URI"},
        Case{"NotSpiffe",
             {.subject_alt_name = "URI:https://mesh.test/ns/shop/sa/web"},
             ""
             "spiffe"},
        Case{"NoWorkload", {.subject_alt_name = "URI:spiffe://mesh.test/web"}, "ns"},
        Case{"ACa", {.basic_constraints = "critical,CA:TRUE", .key_usage = "digitalSignature,keyCertSign"}, "CA"},
        Case{"NoKeyUsage", {.key_usage = ""}, "digitalSignature"},
        Case{"CannotSign", {.key_usage = "critical,keyEncipherment"}, "digitalSignature"},
        // X509-SVID §4.3: a leaf must not have these, whatever its basic constraints say.
        Case{"SignsCertificates", {.key_usage = "critical,digitalSignature,keyCertSign"}, "keyCertSign"},
        Case{"SignsCrls", {.key_usage = "critical,digitalSignature,cRLSign"}, "cRLSign"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace gabion::proxy::tls
