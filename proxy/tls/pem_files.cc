// Certificates and keys from PEM files: see pem_files.h.
#include "proxy/tls/pem_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <fstream>
#include <string_view>

namespace gabion::proxy::tls {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;  // a bundle of hundreds of roots is far smaller

struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

config::Result<std::string> read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return pem_problem("cannot be read", file);
  }
  std::string text(kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxFileBytes) {
    return pem_problem("is larger than 1 MiB", file);
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

}  // namespace

void FreeX509::operator()(X509* certificate) const noexcept {
  X509_free(certificate);
}
void FreeKey::operator()(EVP_PKEY* key) const noexcept {
  EVP_PKEY_free(key);
}

config::Error pem_problem(std::string what, const std::filesystem::path& file) {
  ERR_clear_error();
  return {std::move(what), file.string()};
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
    return pem_problem("holds no PEM certificate, or a broken one after " + std::to_string(certificates.size()), file);
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
    return pem_problem("holds no unencrypted PEM private key", file);
  }
  return key;
}

}  // namespace gabion::proxy::tls
