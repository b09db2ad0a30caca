// A throw-away CA for the demo: see certificates.h.
#include "proxy/commands/demo/certificates.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace gabion::proxy::demo {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<&X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<&BIO_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<&X509_EXTENSION_free>>;

constexpr long kOneDay = 24 * 3600;
constexpr long kClockSkew = -300;

config::Error failed(const std::string& what) {
  return {"OpenSSL could not " + what, ""};
}

bool add_extension(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

/// Unsigned, with serial, dates, subject and key.
Certificate new_certificate(EVP_PKEY& key, const std::string& common_name) {
  Certificate certificate(X509_new());
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), kClockSkew);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kOneDay);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), &key);
  return certificate;
}

config::Result<void> write_file(const std::filesystem::path& file, BIO& content, unsigned mode) {
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(&content, &bytes);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  const bool written = fd >= 0 && ::write(fd, bytes, static_cast<std::size_t>(length)) == length;
  if (fd >= 0) {
    ::close(fd);
  }
  if (!written) {
    return config::Error{"cannot be written", file.string()};
  }
  return {};
}

config::Result<void> write_certificate(X509& certificate, const std::filesystem::path& file) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), &certificate);
  return write_file(file, *bio, 0644);
}

config::Result<void> write_key(EVP_PKEY& key, const std::filesystem::path& file) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
  return write_file(file, *bio, 0600);
}

}  // namespace

struct Authority::Impl {
  Key key;
  Certificate root;
};

Authority::Authority(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Authority::~Authority() = default;

config::Result<std::unique_ptr<Authority>> Authority::create(const std::string& name) {
  auto impl = std::make_unique<Impl>();
  impl->key.reset(EVP_EC_gen("P-256"));
  if (!impl->key) {
    return failed("make a key");
  }
  impl->root = new_certificate(*impl->key, name);
  X509& root = *impl->root;
  X509_set_issuer_name(&root, X509_get_subject_name(&root));
  if (!add_extension(root, root, NID_basic_constraints, "critical,CA:TRUE") ||
      !add_extension(root, root, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(root, root, NID_subject_key_identifier, "hash") ||
      X509_sign(&root, impl->key.get(), EVP_sha256()) == 0) {
    return failed("make a root certificate");
  }
  return std::unique_ptr<Authority>(new Authority(std::move(impl)));
}

config::Result<void> Authority::write_root(const std::filesystem::path& file) const {
  return write_certificate(*impl_->root, file);
}

config::Result<void> Authority::issue(const std::string& spiffe_id, const std::filesystem::path& stem) const {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) {
    return failed("make a key");
  }
  const auto leaf = new_certificate(*key, "gabion demo workload");
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(impl_->root.get()));
  if (!add_extension(*leaf, *impl_->root, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(*leaf, *impl_->root, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(*leaf, *impl_->root, NID_ext_key_usage, "serverAuth,clientAuth") ||
      !add_extension(*leaf, *impl_->root, NID_authority_key_identifier, "keyid") ||
      !add_extension(*leaf, *impl_->root, NID_subject_alt_name, "critical,URI:" + spiffe_id) ||
      X509_sign(leaf.get(), impl_->key.get(), EVP_sha256()) == 0) {
    return failed("issue a certificate for " + spiffe_id);
  }
  auto certificate_file = stem;
  auto key_file = stem;
  if (const auto written = write_certificate(*leaf, certificate_file += ".crt"); written.has_error()) {
    return written.error();
  }
  return write_key(*key, key_file += ".key");
}

}  // namespace gabion::proxy::demo
