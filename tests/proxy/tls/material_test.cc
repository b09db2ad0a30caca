// Key, chain and bundle are taken together or refused with the file that is to blame.
#include "proxy/tls/material.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "tests/proxy/tls/certificates.h"

namespace gabion::proxy::tls {
namespace {

/// Two authorities that do not know each other, made once.
const TestAuthority& ours() {
  static const TestAuthority authority("ours");
  return authority;
}
const TestAuthority& foreign() {
  static const TestAuthority authority("foreign");
  return authority;
}

IdentityText changed(const std::function<void(IdentityText&)>& change, const CertificateRecipe& recipe = {}) {
  auto text = identity_text(ours(), recipe);
  change(text);
  return text;
}

IdentityText made_with(const CertificateRecipe& recipe) {
  return identity_text(ours(), recipe);
}

struct Case {
  std::string name;
  std::function<IdentityText()> make;
  std::string file;     ///< that `where` names; empty = it loads
  std::string problem;  ///< part of `what`
};

class MaterialTest : public ::testing::TestWithParam<Case> {};

TEST_P(MaterialTest, LoadsOrNamesTheFile) {
  const TestFolder folder;
  const auto material = load(folder, GetParam().make());
  if (GetParam().file.empty()) {
    ASSERT_TRUE(material.has_value()) << material.error().to_string();
    EXPECT_EQ((*material)->id.to_string(), kTestId);
    return;
  }
  ASSERT_TRUE(material.has_error());
  EXPECT_NE(material.error().where.find(GetParam().file), std::string::npos) << material.error().to_string();
  EXPECT_NE(material.error().what.find(GetParam().problem), std::string::npos) << material.error().to_string();
}

INSTANTIATE_TEST_SUITE_P(
    Identities, MaterialTest,
    ::testing::Values(
        Case{"Good", [] { return made_with({}); }, "", ""},
        Case{"TextAroundThePem",
             [] { return changed([](auto& text) { text.certificate = "Subject: web\n" + text.certificate; }); }, "",
             ""},
        Case{"SeveralRoots",
             [] { return changed([](auto& text) { text.trust_bundle += to_pem(foreign().certificate()); }); }, "", ""},
        Case{"OtherKey", [] { return changed([](auto& text) { text.key = made_with({}).key; }); }, "tls.key",
             "does not belong"},
        Case{"EncryptedKey",
             [] { return changed([](auto& text) { text.key = to_encrypted_pem(ours().issue({}).key); }); }, "tls.key",
             "unencrypted"},
        Case{"NoKey", [] { return changed([](auto& text) { text.key = text.certificate; }); }, "tls.key",
             "private key"},
        Case{"EmptyCertificate", [] { return changed([](auto& text) { text.certificate.clear(); }); }, "tls.crt",
             "no PEM certificate"},
        Case{"HalfWrittenCertificate",
             [] { return changed([](auto& text) { text.certificate.resize(text.certificate.size() / 2); }); },
             "tls.crt", "broken one after 0"},
        Case{"BrokenSecondCertificate",
             [] {
               return changed(
                   [](auto& text) { text.certificate += text.certificate.substr(0, text.certificate.size() / 2); });
             },
             "tls.crt", "broken one after 1"},
        Case{"HalfWrittenSecondRoot",  // was: the half BEGIN line was skipped, and every peer of that root cut off
             [] {
               return changed([](auto& text) { text.trust_bundle += to_pem(foreign().certificate()).substr(0, 13); });
             },
             "ca.crt", "broken one after 1"},
        Case{"TextBehindThePem",
             [] { return changed([](auto& text) { text.trust_bundle += "\nthat is all - really\n"; }); }, "", ""},
        Case{"EncryptedCertificate",  // OpenSSL would ask for its password at the terminal
             [] {
               return changed([](auto& text) {
                 text.certificate.insert(
                     text.certificate.find('\n') + 1,
                     "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n");
               });
             },
             "tls.crt", "broken one"},
        Case{"EmptyBundle", [] { return changed([](auto& text) { text.trust_bundle.clear(); }); }, "ca.crt",
             "no PEM certificate"},
        Case{"HugeBundle", [] { return changed([](auto& text) { text.trust_bundle.append(2 << 20, '\n'); }); },
             "ca.crt", "larger than 1 MiB"},
        Case{"ForeignBundle",
             [] { return changed([](auto& text) { text.trust_bundle = to_pem(foreign().certificate()); }); }, "tls.crt",
             "does not verify"},
        Case{"Expired", [] { return made_with({.begins_in_seconds = -7200, .ends_in_seconds = -60}); }, "tls.crt",
             "expired"},
        Case{"NotYetValid", [] { return made_with({.begins_in_seconds = 600}); }, "tls.crt", "not yet valid"},
        Case{"NoSan", [] { return made_with({.subject_alt_name = ""}); }, "tls.crt", "no URI SAN"},
        Case{"OtherTrustDomain", [] { return made_with({.subject_alt_name = "URI:spiffe://other.test/ns/a/sa/b"}); },
             "tls.crt", "trust domain is \"other.test\""}),
    [](const auto& tested) { return tested.param.name; });

TEST(MaterialFilesTest, NamesTheFileThatIsMissing) {
  const TestFolder folder;
  config::IdentityConfig identity;
  identity.certificate = folder.path() / "absent.crt";
  const auto material = load_material(identity, {});
  ASSERT_TRUE(material.has_error());
  EXPECT_EQ(material.error().where, identity.certificate.string());
}

TEST(MaterialFilesTest, VerifiesThroughItsIntermediates) {
  const TestAuthority intermediate("intermediate", &ours());
  auto text = identity_text(intermediate);
  text.trust_bundle = to_pem(ours().certificate());
  const TestFolder folder;
  EXPECT_TRUE(load(folder, text).has_error());  // without it there is no way to the root
  text.certificate += to_pem(intermediate.certificate());
  const auto material = load(folder, text);
  ASSERT_TRUE(material.has_value()) << material.error().to_string();
  EXPECT_EQ((*material)->intermediates.size(), 1U);
}

constexpr std::array kBothRoles = {Role::kServer, Role::kClient};

// Was: loaded, and then refused by the peer in each handshake.
TEST(MaterialFilesTest, ACertificateServesInTheRolesItIsNeededFor) {
  struct Usage {
    std::string extended_key_usage;
    bool as_server;
    bool as_client;
  };
  const TestFolder folder;
  for (const auto& usage :
       {Usage{"", true, true}, Usage{"serverAuth,clientAuth", true, true}, Usage{"serverAuth", true, false},
        Usage{"clientAuth", false, true}, Usage{"emailProtection", false, false}}) {
    const auto text = made_with({.extended_key_usage = usage.extended_key_usage});
    const auto loads = [&](std::span<const Role> roles) {
      return load(folder, text, kTestTrustDomain, roles).has_value();
    };
    EXPECT_TRUE(loads({})) << usage.extended_key_usage;
    EXPECT_EQ(loads(std::span(kBothRoles).first(1)), usage.as_server) << usage.extended_key_usage;
    EXPECT_EQ(loads(std::span(kBothRoles).last(1)), usage.as_client) << usage.extended_key_usage;
    EXPECT_EQ(loads(kBothRoles), usage.as_server && usage.as_client) << usage.extended_key_usage;
  }
}

TEST(MaterialFilesTest, SaysWhichRoleIsMissing) {
  const TestFolder folder;
  const auto material = load(folder, made_with({.extended_key_usage = "serverAuth"}), kTestTrustDomain, kBothRoles);
  ASSERT_TRUE(material.has_error());
  EXPECT_NE(material.error().what.find("routes with mode MUTUAL"), std::string::npos) << material.error().to_string();
  EXPECT_NE(material.error().where.find("tls.crt"), std::string::npos);
}

TEST(MaterialFilesTest, AnIntermediateNarrowsTheRoles) {
  const TestAuthority intermediate("servers only", &ours(), "serverAuth");
  auto text = identity_text(intermediate);
  text.certificate += to_pem(intermediate.certificate());
  text.trust_bundle = to_pem(ours().certificate());
  const TestFolder folder;
  EXPECT_TRUE(load(folder, text, kTestTrustDomain, std::span(kBothRoles).first(1)).has_value());
  EXPECT_TRUE(load(folder, text, kTestTrustDomain, kBothRoles).has_error());
}

TEST(MaterialFilesTest, KnowsItsDatesAndFingerprints) {
  const TestFolder folder;
  const auto leaf = ours().issue({.begins_in_seconds = -100, .ends_in_seconds = 500});
  const auto now = std::chrono::system_clock::now();
  const auto material = load(folder, {to_pem(leaf.certificate), to_pem(leaf.key), to_pem(ours().certificate())});
  ASSERT_TRUE(material.has_value());
  EXPECT_EQ((*material)->leaf_fingerprint, fingerprint(*leaf.certificate));
  EXPECT_NEAR(std::chrono::duration<double>((*material)->not_after - now).count(), 500, 30);
  EXPECT_NEAR(std::chrono::duration<double>((*material)->not_before - now).count(), -100, 30);
  EXPECT_EQ((*material)->not_after, not_after(*leaf.certificate));
}

TEST(MaterialFilesTest, TellsBundlesApartButNotTheirOrder) {
  const TestFolder folder;
  auto text = identity_text(ours());
  const auto one = load(folder, text);
  text.trust_bundle = to_pem(ours().certificate()) + to_pem(foreign().certificate());
  const auto two = load(folder, text);
  text.trust_bundle = to_pem(foreign().certificate()) + to_pem(ours().certificate());
  const auto turned = load(folder, text);
  ASSERT_TRUE(one.has_value() && two.has_value() && turned.has_value());
  EXPECT_NE((*one)->bundle_fingerprint, (*two)->bundle_fingerprint);
  EXPECT_EQ((*two)->bundle_fingerprint, (*turned)->bundle_fingerprint);
}

}  // namespace
}  // namespace gabion::proxy::tls
