// TLS to a database and from an application: what configuration may say, and the words for what it may not.
#include "config/database_tls.h"

#include <gtest/gtest.h>

#include "config/proxy_config.h"

namespace gabion::config {
namespace {

constexpr const char* kHead =
    "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: shop, pod: orders-0}\n"
    "identity: {certificate: a, key: b, trustBundle: c, trustDomain: td}\npolicy: {directory: policy}\n";

/// The only inbound listener on line 6, `members` from line 7.
std::string inbound(const std::string& members, const std::string& protocol = "postgres") {
  return std::string(kHead) +
         "inbound: [{listen: \"127.0.0.2:1506\", port: 5432, target: \"127.0.0.1:5432\", protocol: " + protocol +
         ",\n" + members + "}]\n";
}

/// The only route of the only outbound listener, its `tls` on line 7.
std::string route(const std::string& tls, const std::string& protocol = "postgres") {
  return std::string(kHead) + "outbound: [{listen: \"127.0.0.1:1501\", protocol: " + protocol +
         ", routes: [{destination: \"127.0.0.2:1506\",\ntls: " + tls + "}]}]\n";
}

std::string refusal(const std::string& text) {
  const auto config = parse_proxy_config(text, "g.yaml", false);
  std::string all;
  for (const Error& error : config ? Errors{} : config.error()) {
    all += (all.empty() ? "" : "\n") + error.to_string();
  }
  return all;
}

TEST(DatabaseTls, IsReadOfATarget) {
  const auto config = parse_proxy_config(
      inbound("targetTls: {mode: VERIFY_FULL, trustBundle: db.crt, serverName: db.shop, start: direct, "
              "certificate: c.crt, key: c.key}"),
      "/etc/g/g.yaml", false);
  ASSERT_TRUE(config.has_value()) << config.error()[0].to_string();
  const auto& tls = config->inbound[0].target_tls;
  ASSERT_TRUE(tls);
  EXPECT_EQ(tls->mode, DatabaseTlsMode::kVerifyFull);
  EXPECT_EQ(tls->trust_bundle, "/etc/g/db.crt");
  EXPECT_EQ(tls->server_name, "db.shop");
  EXPECT_EQ(tls->start, DatabaseTlsStart::kDirect);
  EXPECT_EQ(tls->certificate, "/etc/g/c.crt");
  EXPECT_EQ(tls->key, "/etc/g/c.key");
}

TEST(DatabaseTls, IsReadOfARoute) {
  const auto verified = parse_proxy_config(route("{mode: VERIFY_CA, trustBundle: db.crt}"), "/g.yaml", false);
  ASSERT_TRUE(verified.has_value()) << verified.error()[0].to_string();
  EXPECT_EQ(verified->outbound[0].routes[0].tls, UpstreamTls::kDatabase);
  EXPECT_EQ(verified->outbound[0].routes[0].database_tls->mode, DatabaseTlsMode::kVerifyCa);
  EXPECT_EQ(verified->outbound[0].routes[0].database_tls->start, DatabaseTlsStart::kRequest);
  const auto plain = parse_proxy_config(route("{mode: DISABLE}"), "/g.yaml", false);
  ASSERT_TRUE(plain.has_value());
  EXPECT_FALSE(plain->outbound[0].routes[0].database_tls);
}

TEST(ApplicationTls, ShowsItsOwnPairOrTheIdentitys) {
  const auto own =
      parse_proxy_config(inbound("tls: DISABLE, clientTls: {mode: REQUIRE, certificate: x, key: y}"), "/g.yaml", false);
  ASSERT_TRUE(own.has_value()) << own.error()[0].to_string();
  EXPECT_EQ(own->inbound[0].application_tls->mode, ApplicationTlsMode::kRequire);
  EXPECT_EQ(own->inbound[0].application_tls->certificate, "/x");
  const auto identitys = parse_proxy_config(inbound("tls: DISABLE, clientTls: {mode: ALLOW}"), "/g.yaml", false);
  ASSERT_TRUE(identitys.has_value()) << identitys.error()[0].to_string();
  EXPECT_EQ(identitys->inbound[0].application_tls->certificate, "/a");
  EXPECT_EQ(identitys->inbound[0].application_tls->key, "/b");
}

struct Refused {
  std::string text;
  std::string sentence;
};

TEST(DatabaseTls, SaysWhatIsWrongWhere) {
  const Refused rows[] = {
      {inbound("targetTls: {mode: VERIFY_FULL}"), "g.yaml:7: inbound[0].targetTls.trustBundle: is required"},
      {inbound("targetTls: {mode: REQUIRE, trustBundle: x}"),
       "g.yaml:7: inbound[0].targetTls.trustBundle: is never looked at with mode REQUIRE"},
      {inbound("targetTls: {trustBundle: x}"), "g.yaml:7: inbound[0].targetTls.mode: is required"},
      {inbound("targetTls: {mode: VERIFY_CA, trustBundle: x, serverName: 10.0.0.1}"),
       "g.yaml:7: inbound[0].targetTls.serverName: must be a DNS name in lower case; leave it out for the address that "
       "is "
       "dialled"},
      {inbound("targetTls: {mode: VERIFY_CA, trustBundle: x, key: y}"),
       "g.yaml:7: inbound[0].targetTls.key: certificate and key are given together or not at all"},
      {inbound("targetTls: {mode: REQUIRE}", "http"),
       "g.yaml:7: inbound[0].targetTls: says something only on a listener with protocol postgres"},
      {inbound("clientTls: {mode: ALLOW}"), "g.yaml:7: inbound[0].clientTls: is for callers of no mesh: tls DISABLE"},
      {route("{mode: VERIFY_CA, trustBundle: x, serverIds: [\"spiffe://td/ns/a/sa/b\"]}"),
       "g.yaml:7: outbound[0].routes[0].tls.serverIds: are never checked with this mode"},
  };
  for (const Refused& row : rows) {
    EXPECT_EQ(refusal(row.text), row.sentence);
  }
}

TEST(DatabaseTls, IsNoModeOfAnotherProtocolsRoute) {
  EXPECT_NE(refusal(route("{mode: REQUIRE}", "http")).find("tls.mode: must be one of MUTUAL, DISABLE"),
            std::string::npos);
}

}  // namespace
}  // namespace gabion::config
