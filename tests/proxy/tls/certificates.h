// For tests: certificates with whatever is wrong with them, made on the spot.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/tls/contexts.h"
#include "proxy/tls/material.h"

namespace gabion::proxy::tls {

inline constexpr std::string_view kTestTrustDomain = "mesh.test";
inline const std::string kTestId = "spiffe://mesh.test/ns/shop/sa/web";
inline const std::string kOtherTestId = "spiffe://mesh.test/ns/shop/sa/other";

/// How a certificate is made; the default is a good leaf. Empty extensions are left out.
struct CertificateRecipe {
  std::string subject_alt_name = "URI:" + kTestId;
  std::string basic_constraints = "critical,CA:FALSE";
  std::string key_usage = "critical,digitalSignature";
  std::string extended_key_usage = "serverAuth,clientAuth";
  long begins_in_seconds = -3600;
  long ends_in_seconds = 3600;
};

struct KeyPair {
  X509Ptr certificate;
  KeyPtr key;
};

/// A root, or an intermediate of another.
class TestAuthority {
 public:
  /// `extended_key_usage` narrows what its leaves may be used for.
  explicit TestAuthority(const std::string& name, const TestAuthority* issuer = nullptr,
                         const std::string& extended_key_usage = "");

  [[nodiscard]] KeyPair issue(const CertificateRecipe& recipe) const;
  [[nodiscard]] const X509Ptr& certificate() const noexcept { return own_.certificate; }

 private:
  std::string name_;
  KeyPair own_;
};

[[nodiscard]] std::string to_pem(const X509Ptr& certificate);
[[nodiscard]] std::string to_pem(const KeyPtr& key);
[[nodiscard]] std::string to_encrypted_pem(const KeyPtr& key);

/// A folder of its own, gone with its object.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::filesystem::path write(const std::string& name, std::string_view text) const;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// The three files of an identity, as PEM.
struct IdentityText {
  std::string certificate;
  std::string key;
  std::string trust_bundle;
};

[[nodiscard]] IdentityText identity_text(const TestAuthority& authority, const CertificateRecipe& recipe = {});
/// Writes the files into `folder` and loads them.
[[nodiscard]] config::Result<std::shared_ptr<const Material>> load(const TestFolder& folder, const IdentityText& text,
                                                                   std::string_view trust_domain = kTestTrustDomain,
                                                                   std::span<const Role> roles = {});
/// Contexts with a leaf of `authority` that trusts `bundle`; null when it does not load.
[[nodiscard]] std::shared_ptr<const Contexts> make_contexts(const IdentityText& text,
                                                            std::string_view trust_domain = kTestTrustDomain);

}  // namespace gabion::proxy::tls
