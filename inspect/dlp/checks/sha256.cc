// OpenSSL's SHA-256.
// The functions OpenSSL 3 calls deprecated: those that replace them allocate at every call, which a check must not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "inspect/dlp/checks/sha256.h"

#include <openssl/sha.h>

namespace gabion::inspect::dlp {
namespace {

std::array<unsigned char, 32> sha256(std::span<const unsigned char> bytes) noexcept {
  std::array<unsigned char, 32> digest{};
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, bytes.data(), bytes.size());
  SHA256_Final(digest.data(), &state);
  return digest;
}

}  // namespace

std::array<unsigned char, 32> double_sha256(std::span<const unsigned char> bytes) noexcept {
  return sha256(sha256(bytes));
}

}  // namespace gabion::inspect::dlp
