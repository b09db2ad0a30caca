// For tests: certificates with whatever is wrong with them; see certificates.h.
#include "tests/proxy/tls/certificates.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>

namespace gabion::proxy::tls {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

void add_extension(X509& certificate, int nid, const std::string& value) {
  if (value.empty()) {
    return;
  }
  X509V3_CTX place;
  X509V3_set_ctx_nodb(&place);
  X509V3_set_ctx(&place, &certificate, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &place, nid, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509Ptr unsigned_certificate(const std::string& name, const CertificateRecipe& recipe, EVP_PKEY& key) {
  X509Ptr certificate(X509_new());
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), recipe.begins_in_seconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), recipe.ends_in_seconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), &key);
  add_extension(*certificate, NID_basic_constraints, recipe.basic_constraints);
  add_extension(*certificate, NID_key_usage, recipe.key_usage);
  add_extension(*certificate, NID_ext_key_usage, recipe.extended_key_usage);
  add_extension(*certificate, NID_subject_alt_name, recipe.subject_alt_name);
  return certificate;
}

void sign(X509& certificate, X509& issuer, EVP_PKEY& key) {
  X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer));
  ASSERT_NE(X509_sign(&certificate, &key, EVP_sha256()), 0);
}

std::string text_of(BIO& bio) {
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(&bio, &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name, const TestAuthority* issuer,
                             const std::string& extended_key_usage)
    : name_(name) {
  CertificateRecipe recipe;
  recipe.subject_alt_name.clear();
  recipe.extended_key_usage = extended_key_usage;
  recipe.basic_constraints = "critical,CA:TRUE";
  recipe.key_usage = "critical,keyCertSign,cRLSign";
  recipe.ends_in_seconds = 2 * 3600;
  own_.key.reset(EVP_EC_gen("P-256"));
  own_.certificate = unsigned_certificate(name_, recipe, *own_.key);
  const KeyPair& signer = issuer == nullptr ? own_ : issuer->own_;
  sign(*own_.certificate, *signer.certificate, *signer.key);
}

KeyPair TestAuthority::issue(const CertificateRecipe& recipe) const {
  KeyPair leaf;
  leaf.key.reset(EVP_EC_gen("P-256"));
  leaf.certificate = unsigned_certificate("leaf", recipe, *leaf.key);
  sign(*leaf.certificate, *own_.certificate, *own_.key);
  return leaf;
}

std::string to_pem(const X509Ptr& certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate.get());
  return text_of(*bio);
}

std::string to_pem(const KeyPtr& key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(*bio);
}

std::string to_encrypted_pem(const KeyPtr& key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  unsigned char password[] = "secret";
  PEM_write_bio_PrivateKey(bio.get(), key.get(), EVP_aes_128_cbc(), password, 6, nullptr, nullptr);
  return text_of(*bio);
}

TestFolder::TestFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "gabion-test-XXXXXX").string();
  path_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
}

std::filesystem::path TestFolder::write(const std::string& name, std::string_view text) const {
  std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << text;
  return path_ / name;
}

IdentityText identity_text(const TestAuthority& authority, const CertificateRecipe& recipe) {
  const auto leaf = authority.issue(recipe);
  return {to_pem(leaf.certificate), to_pem(leaf.key), to_pem(authority.certificate())};
}

config::Result<std::shared_ptr<const Material>> load(const TestFolder& folder, const IdentityText& text,
                                                     std::string_view trust_domain, std::span<const Role> roles) {
  config::IdentityConfig identity;
  identity.certificate = folder.write("tls.crt", text.certificate);
  identity.key = folder.write("tls.key", text.key);
  identity.trust_bundle = folder.write("ca.crt", text.trust_bundle);
  identity.trust_domain = trust_domain;
  return load_material(identity, roles);
}

std::shared_ptr<const Contexts> make_contexts(const IdentityText& text, std::string_view trust_domain) {
  const TestFolder folder;
  auto material = load(folder, text, trust_domain);
  EXPECT_TRUE(material.has_value()) << material.error().to_string();
  if (material.has_error()) {
    return nullptr;
  }
  auto contexts = Contexts::make(std::move(*material));
  EXPECT_TRUE(contexts.has_value());
  return contexts.has_error() ? nullptr : std::move(*contexts);
}

}  // namespace gabion::proxy::tls
