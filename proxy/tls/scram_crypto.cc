// The arithmetic of database logins, by OpenSSL: see scram_crypto.h.
#include "proxy/tls/scram_crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

namespace gabion::proxy::tls {
namespace {

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

class OpenSslCrypto final : public postgres::ScramCrypto {
 public:
  [[nodiscard]] bool random(std::span<unsigned char> out) const noexcept override {
    return RAND_bytes(out.data(), static_cast<int>(out.size())) == 1;
  }
  [[nodiscard]] bool sha256(std::string_view text, postgres::Digest& out) const noexcept override {
    return EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1;
  }
  [[nodiscard]] bool hmac(std::string_view key, std::string_view text, postgres::Digest& out) const noexcept override {
    unsigned int size = 0;
    return HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), out.data(),
                &size) != nullptr;
  }
  [[nodiscard]] bool derive(std::string_view password, std::string_view salt, std::uint32_t iterations,
                            postgres::Digest& out) const noexcept override {
    return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                             static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                             static_cast<int>(out.size()), out.data()) == 1;
  }
  [[nodiscard]] bool md5(std::string_view text, std::array<char, 32>& out) const noexcept override {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<unsigned char, 16> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1) {
      return false;
    }
    for (std::size_t i = 0; i < digest.size(); ++i) {
      out[2 * i] = kDigits[digest[i] >> 4U];
      out[2 * i + 1] = kDigits[digest[i] & 15U];
    }
    OPENSSL_cleanse(digest.data(), digest.size());
    return true;
  }
  [[nodiscard]] bool equal(std::span<const unsigned char> one,
                           std::span<const unsigned char> other) const noexcept override {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
  }
  void wipe(std::span<unsigned char> bytes) const noexcept override { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

}  // namespace

const postgres::ScramCrypto& scram_crypto() noexcept {
  static const OpenSslCrypto kCrypto;
  return kCrypto;
}

std::string server_end_point(X509& certificate) {
  int hash = NID_undef;
  if (X509_get_signature_info(&certificate, &hash, nullptr, nullptr, nullptr) != 1 || hash == NID_undef) {
    return {};
  }
  const EVP_MD* md = hash == NID_md5 || hash == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(hash);
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (md == nullptr || X509_digest(&certificate, md, reinterpret_cast<unsigned char*>(digest.data()), &size) != 1) {
    return {};
  }
  digest.resize(size);
  return digest;
}

}  // namespace gabion::proxy::tls
