// `logins` of listeners: what they may say, the exact words for what they may not, and what a secret file may hold.
#include "config/database_login.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "config/proxy_config.h"

namespace gabion::config {
namespace {

constexpr const char* kHead =
    "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: shop, pod: orders-0}\n"
    "identity: {certificate: a, key: b, trustBundle: c, trustDomain: td}\npolicy: {directory: policy}\n";

/// The only inbound listener, on line 6, its logins from line 7.
std::string inbound(const std::string& logins, const std::string& members = "protocol: postgres") {
  return std::string(kHead) + "inbound: [{listen: \"127.0.0.2:1506\", port: 5432, target: \"127.0.0.1:5432\", " +
         members + ",\nlogins: [" + logins + "]}]\n";
}

std::string outbound(const std::string& logins) {
  return std::string(kHead) +
         "outbound: [{listen: \"127.0.0.1:1501\", protocol: postgres, routes: [{destination: \"127.0.0.2:1506\", tls: "
         "{mode: DISABLE}}],\nlogins: [" +
         logins + "]}]\n";
}

std::string refusal(const std::string& text) {
  const auto config = parse_proxy_config(text, "g.yaml", false);
  std::string all;
  for (const Error& error : config ? Errors{} : config.error()) {
    all += (all.empty() ? "" : "\n") + error.to_string();
  }
  return all;
}

TEST(DatabaseLogins, AreReadFromBothKindsOfListeners) {
  const auto in = parse_proxy_config(
      inbound("{identity: \"spiffe://td/ns/shop/sa/web\", role: web_app, secretFile: s/web},"
              "{identity: \"spiffe://td/ns/shop/sa/web\", role: web_admin, secretFile: /abs, methods: [md5, trust]}"),
      "/etc/g/g.yaml", false);
  ASSERT_TRUE(in.has_value()) << in.error()[0].to_string();
  const auto& logins = in->inbound[0].logins;
  ASSERT_EQ(logins.size(), 2U);
  EXPECT_EQ(logins[0].identity->service_account, "web");
  EXPECT_EQ(logins[0].role, "web_app");
  EXPECT_EQ(logins[0].secret_file, "/etc/g/s/web");
  EXPECT_EQ(logins[0].methods, std::vector{DatabaseLoginMethod::kScram});
  EXPECT_EQ(logins[1].secret_file, "/abs");
  EXPECT_EQ(logins[1].methods, (std::vector{DatabaseLoginMethod::kMd5, DatabaseLoginMethod::kTrust}));
  const auto out = parse_proxy_config(outbound("{role: web_app, secretFile: s}"), "/etc/g/g.yaml", false);
  ASSERT_TRUE(out.has_value()) << out.error()[0].to_string();
  EXPECT_EQ(out->outbound[0].logins[0].identity, std::nullopt);
}

TEST(DatabaseLogins, SayWhatIsWrongWhere) {
  const std::string good = "{identity: \"spiffe://td/ns/shop/sa/web\", role: web_app, secretFile: s}";
  const struct {
    std::string text, expected;
  } rows[] = {
      {inbound("{role: a, secretFile: s}"), "g.yaml:7: inbound[0].logins[0].identity: is required"},
      {inbound("{identity: web, role: a, secretFile: s}"), "g.yaml:7: inbound[0].logins[0].identity: "},
      {inbound("{identity: \"spiffe://td/ns/shop/sa/web\", secretFile: s}"),
       "g.yaml:7: inbound[0].logins[0].role: is required"},
      {inbound("{identity: \"spiffe://td/ns/shop/sa/web\", role: " + std::string(64, 'r') + ", secretFile: s}"),
       "g.yaml:7: inbound[0].logins[0].role: is longer than 63 bytes"},
      {inbound("{identity: \"spiffe://td/ns/shop/sa/web\", role: a}"),
       "g.yaml:7: inbound[0].logins[0].secretFile: is required"},
      {inbound("{identity: \"spiffe://td/ns/shop/sa/web\", role: a, secretFile: s, secret: x}"),
       "g.yaml:7: inbound[0].logins[0].secret: "},
      {inbound("{identity: \"spiffe://td/ns/shop/sa/web\", role: a, secretFile: s, methods: [scram]}"),
       "g.yaml:7: inbound[0].logins[0].methods[0]: must be one of scram-sha-256, md5, password, trust, not \"scram\""},
      {inbound(good + ", " + good),
       "g.yaml:7: inbound[0].logins[1]: role \"web_app\" is given twice to the same identity"},
      {inbound(good, "protocol: http"),
       "g.yaml:7: inbound[0].logins: says something only on a listener with protocol postgres"},
      {inbound(good, "protocol: postgres, tls: DISABLE"),
       "g.yaml:7: inbound[0].logins: need callers with an identity: tls STRICT or PERMISSIVE"},
      {outbound(good), "g.yaml:7: outbound[0].logins[0].identity: is always the pod's own on an outbound listener"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(refusal(row.text).substr(0, row.expected.size()), row.expected) << refusal(row.text);
  }
}

TEST(DatabaseSecrets, AreOneLine) {
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "database_secret";
  const struct {
    std::string content;
    std::optional<std::string> secret;
  } rows[] = {
      {"secret", "secret"},
      {"a secret, with \"quotes\"\n", "a secret, with \"quotes\""},
      {"secret\r\n", "secret"},
      {std::string(kMostSecretBytes, 's'), std::string(kMostSecretBytes, 's')},
      {std::string(kMostSecretBytes, 's') + "\r\n", std::string(kMostSecretBytes, 's')},
      {"ZQX" + std::string(kMostSecretBytes, 's'), std::nullopt},
      {"ZQX" + std::string(kMostSecretBytes + 9, 's'), std::nullopt},
      {"", std::nullopt},
      {"\n", std::nullopt},
      {"ZQX\nlines", std::nullopt},
      {"ZQX\n\n", std::nullopt},
      {"ZQX\t", std::nullopt},
      {std::string("ZQX\0", 4), std::nullopt},
      {"ZQX\xc3\xa4", std::nullopt},
  };
  for (const auto& row : rows) {
    std::ofstream(file, std::ios::binary) << row.content;
    const auto secret = read_database_secret(file);
    ASSERT_EQ(secret.has_value(), row.secret.has_value()) << row.content;
    if (secret) {
      EXPECT_EQ(*secret, *row.secret);
    } else if (row.content.size() > 2) {
      EXPECT_EQ(secret.error().to_string().find(row.content.substr(0, 3)), std::string::npos);
    }
  }
  EXPECT_FALSE(read_database_secret(file / "none").has_value());
  EXPECT_FALSE(read_database_secret(file.parent_path()).has_value());
}

}  // namespace
}  // namespace gabion::config
