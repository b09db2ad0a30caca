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
  return pem_problem(
      (serves ? "may not be used as a TLS server, which inbound ports with mTLS need: extended key usage "
                "serverAuth, in its intermediates too ("
              : "may not be used as a TLS client, which routes with mode MUTUAL need: extended key usage "
                "clientAuth, in its intermediates too (") +
          wrong + ")",
      identity.certificate);
}

config::Result<void> take_identity(Material& material, const config::IdentityConfig& identity) {
  if (X509_check_private_key(material.leaf.get(), material.key.get()) != 1) {
    return pem_problem("the key does not belong to the certificate in " + identity.certificate.string(), identity.key);
  }
  const auto id = spiffe_id_of(*material.leaf);
  if (id.has_error()) {
    return pem_problem(id.error().what, identity.certificate);
  }
  material.id = *id;
  if (material.id.trust_domain != identity.trust_domain) {
    return pem_problem("trust domain is \"" + material.id.trust_domain + "\", the configuration says \"" +
                           identity.trust_domain + "\"",
                       identity.certificate);
  }
  material.not_before = to_time_point(X509_get0_notBefore(material.leaf.get()));
  material.not_after = to_time_point(X509_get0_notAfter(material.leaf.get()));
  if (const auto wrong = chain_problem(material); !wrong.empty()) {
    return pem_problem("does not verify against " + identity.trust_bundle.string() + ": " + wrong,
                       identity.certificate);
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
