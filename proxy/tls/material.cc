// Key, certificate chain and trust bundle: see material.h.
#include "proxy/tls/material.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "proxy/tls/spiffe_certificate.h"

namespace gabion::proxy::tls {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;  // a bundle of hundreds of roots is far smaller

struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

config::Error problem(std::string what, const std::filesystem::path& file) {
  ERR_clear_error();
  return {std::move(what), file.string()};
}

config::Result<std::string> read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return problem("cannot be read", file);
  }
  std::string text(kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxFileBytes) {
    return problem("is larger than 1 MiB", file);
  }
  return text;
}

BioPtr memory_bio(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// OpenSSL's own would ask at the terminal.
int refuse_password(char* /*buffer*/, int /*size*/, int /*write*/, void* /*user*/) {
  return -1;
}

/// PEM skips what it does not know, and so the first half of a BEGIN line: a file that is still being written would
/// pass with what it has so far.
bool ends_in_the_middle(std::string_view text) noexcept {
  const std::size_t end = text.rfind("-----END ");
  const std::size_t line_end = end == std::string_view::npos ? 0 : text.find('\n', end);
  return line_end != std::string_view::npos && text.find("\n-", line_end) != std::string_view::npos;
}

config::Result<std::vector<X509Ptr>> read_certificates(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (text.has_error()) {
    return text.error();
  }
  const auto bio = memory_bio(*text);
  std::vector<X509Ptr> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, refuse_password, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const auto error = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !at_end || ends_in_the_middle(*text)) {
    return problem("holds no PEM certificate, or a broken one after " + std::to_string(certificates.size()), file);
  }
  ERR_clear_error();
  return certificates;
}

config::Result<KeyPtr> read_key(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (text.has_error()) {
    return text.error();
  }
  KeyPtr key(PEM_read_bio_PrivateKey(memory_bio(*text).get(), nullptr, refuse_password, nullptr));
  std::fill(text->begin(), text->end(), '\0');
  if (!key) {
    return problem("holds no unencrypted PEM private key", file);
  }
  return key;
}

std::chrono::system_clock::time_point to_time_point(const ASN1_TIME* time) noexcept {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return {};
  }
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

/// Empty when the leaf chains up to one of the roots; with `purpose` (an X509_PURPOSE_…), when it does so for that.
std::string chain_problem(const Material& material, std::optional<int> purpose = std::nullopt) {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), &X509_STORE_free);
  for (const auto& root : material.roots) {
    X509_STORE_add_cert(store.get(), root.get());
  }
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> chain(sk_X509_new_null(),
                                                                         [](STACK_OF(X509) * s) { sk_X509_free(s); });
  for (const auto& intermediate : material.intermediates) {
    sk_X509_push(chain.get(), intermediate.get());
  }
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(X509_STORE_CTX_new(),
                                                                              &X509_STORE_CTX_free);
  X509_STORE_CTX_init(check.get(), store.get(), material.leaf.get(), chain.get());
  if (purpose) {
    X509_STORE_CTX_set_purpose(check.get(), *purpose);
  }
  if (X509_verify_cert(check.get()) == 1) {
    return {};
  }
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

/// Its peers would refuse it in every handshake, one by one, long after the file was put there.
config::Result<void> check_role(const Material& material, const config::IdentityConfig& identity, Role role) {
  const bool serves = role == Role::kServer;
  const auto wrong = chain_problem(material, serves ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
  if (wrong.empty()) {
    return {};
  }
  return problem((serves ? "may not be used as a TLS server, which inbound ports with mTLS need: extended key usage "
                           "serverAuth, in its intermediates too ("
                         : "may not be used as a TLS client, which routes with mode MUTUAL need: extended key usage "
                           "clientAuth, in its intermediates too (") +
                     wrong + ")",
                 identity.certificate);
}

config::Result<void> take_identity(Material& material, const config::IdentityConfig& identity) {
  if (X509_check_private_key(material.leaf.get(), material.key.get()) != 1) {
    return problem("the key does not belong to the certificate in " + identity.certificate.string(), identity.key);
  }
  const auto id = spiffe_id_of(*material.leaf);
  if (id.has_error()) {
    return problem(id.error().what, identity.certificate);
  }
  material.id = *id;
  if (material.id.trust_domain != identity.trust_domain) {
    return problem("trust domain is \"" + material.id.trust_domain + "\", the configuration says \"" +
                       identity.trust_domain + "\"",
                   identity.certificate);
  }
  material.not_before = to_time_point(X509_get0_notBefore(material.leaf.get()));
  material.not_after = to_time_point(X509_get0_notAfter(material.leaf.get()));
  if (const auto wrong = chain_problem(material); !wrong.empty()) {
    return problem("does not verify against " + identity.trust_bundle.string() + ": " + wrong, identity.certificate);
  }
  return {};
}

void take_fingerprints(Material& material) {
  material.leaf_fingerprint = fingerprint(*material.leaf);
  for (const auto& root : material.roots) {
    material.root_fingerprints.push_back(fingerprint(*root));
  }
  std::sort(material.root_fingerprints.begin(), material.root_fingerprints.end());
  unsigned int length = 0;
  EVP_Digest(material.root_fingerprints.data(), material.root_fingerprints.size() * sizeof(Fingerprint),
             material.bundle_fingerprint.data(), &length, EVP_sha256(), nullptr);
}

}  // namespace

bool same_material(const Material& a, const Material& b) noexcept {
  return a.leaf_fingerprint == b.leaf_fingerprint && a.bundle_fingerprint == b.bundle_fingerprint &&
         std::equal(a.intermediates.begin(), a.intermediates.end(), b.intermediates.begin(), b.intermediates.end(),
                    [](const X509Ptr& one, const X509Ptr& other) { return X509_cmp(one.get(), other.get()) == 0; });
}

void FreeX509::operator()(X509* certificate) const noexcept {
  X509_free(certificate);
}
void FreeKey::operator()(EVP_PKEY* key) const noexcept {
  EVP_PKEY_free(key);
}

Fingerprint fingerprint(const X509& certificate) noexcept {
  Fingerprint result{};
  unsigned int length = 0;
  X509_digest(&certificate, EVP_sha256(), result.data(), &length);
  return result;
}

std::chrono::system_clock::time_point not_after(const X509& certificate) noexcept {
  return to_time_point(X509_get0_notAfter(&certificate));
}

config::Result<std::shared_ptr<const Material>> load_material(const config::IdentityConfig& identity,
                                                              std::span<const Role> roles) {
  auto material = std::make_shared<Material>();
  auto chain = read_certificates(identity.certificate);
  if (chain.has_error()) {
    return chain.error();
  }
  auto key = read_key(identity.key);
  if (key.has_error()) {
    return key.error();
  }
  auto roots = read_certificates(identity.trust_bundle);
  if (roots.has_error()) {
    return roots.error();
  }
  material->key = std::move(*key);
  material->leaf = std::move(chain->front());
  material->intermediates.assign(std::make_move_iterator(chain->begin() + 1), std::make_move_iterator(chain->end()));
  material->roots = std::move(*roots);
  if (const auto taken = take_identity(*material, identity); taken.has_error()) {
    return taken.error();
  }
  for (const Role role : roles) {
    if (const auto fits = check_role(*material, identity, role); fits.has_error()) {
      return fits.error();
    }
  }
  take_fingerprints(*material);
  return std::shared_ptr<const Material>(std::move(material));
}

}  // namespace gabion::proxy::tls
